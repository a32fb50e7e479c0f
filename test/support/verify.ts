// What must hold after every run, whatever was broken meanwhile: every item has an outcome, in order; the history stays
// within half of what the server allows and replays; and the model server was paid no more often than it had to be.
import type { WorkflowHandle } from '@temporalio/client'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { expect } from 'vitest'
import type { RunResult } from '../../src/contracts/outcome.js'
import type { JournalEntry } from '../../src/simulator/journal.js'
import { resultOf } from './run-result.js'
import type { Stage } from './stage.js'

/** Half of what a server allows: a history has 51,200 events and 50 MiB, a payload 2 MiB. */
const HALF = { events: 25_600, bytes: 25 * 1024 * 1024, payload: 1024 * 1024 }

type Replay = typeof import('../../src/workers/replay.js')
const REPLAY = new URL('../../dist/workers/replay.js', import.meta.url).href

let quiet = false
/** One after the other: the SDK's runtime ends with its last worker, also under one that begins just then. */
let replaying: Promise<void> = Promise.resolve()

/** Waits for the end of a run and checks what must hold for every run; `ids` are its items' in order. */
export async function verified(handle: WorkflowHandle, ids: string[]): Promise<RunResult> {
  const result = await resultOf(handle)
  expect(result.items.map((item) => item.id)).toEqual(ids)
  for (const item of result.items) expect(['ok', 'error', 'interrupted', 'skipped']).toContain(item.status)
  await verifyHistory(handle)
  return result
}

export async function verifyHistory(handle: WorkflowHandle): Promise<void> {
  const { historyLength, historySize } = await handle.describe()
  expect(historyLength).toBeLessThanOrEqual(HALF.events)
  expect(historySize ?? 0).toBeLessThanOrEqual(HALF.bytes)
  const history = await handle.fetchHistory()
  expect(largestPayload(history)).toBeLessThanOrEqual(HALF.payload)
  const before = replaying
  replaying = (async () => {
    await before.catch(() => {}) // whoever waited for it has its error
    if (!quiet) Runtime.install({ logger: new DefaultLogger('WARN') })
    quiet = true
    const { replay } = (await import(REPLAY)) as Replay
    await replay(history, handle.workflowId)
  })()
  await replaying
}

/** What the simulator saw of the prompts that begin like this, in the order it came. */
export function requestsOf(stage: Pick<Stage, 'simulator'>, prefix: string): JournalEntry[] {
  return stage.simulator.journal().requests.filter(({ promptHead }) => promptHead.startsWith(prefix))
}

export function inFlight(entries: JournalEntry[]): JournalEntry[] {
  return entries.filter(({ endedAt }) => endedAt === undefined)
}

/** Those of which at least a byte of an answer was sent: they cost money. */
export function billable(entries: JournalEntry[]): JournalEntry[] {
  return entries.filter(({ firstByteAt }) => firstByteAt !== undefined)
}

function largestPayload(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength
  if (typeof value !== 'object' || value === null) return 0
  return Math.max(0, ...Object.values(value).map(largestPayload))
}
