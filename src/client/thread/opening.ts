// A thread is there or the first message makes it. Exactly one of several who try at once makes it; the others find it,
// and are told if they wanted it otherwise.
import { WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client'
import { MEMO } from '../../contracts/names.js'
import type { Root } from '../../contracts/refs.js'
import type { ThreadInput } from '../../contracts/schemas/index.js'
import { checkInput } from '../check-input.js'
import { asking, InvalidInputError, RunNotFoundError, ThreadClosedError } from '../errors.js'
import type { Server } from '../server.js'
import { startOptions } from '../start.js'
import { runSummary } from '../summary.js'
import { type Recorded, refuseOthers } from './options.js'

/** How the thread's calls are made; each has a default. They hold for its whole life. */
export type ThreadOptions = Omit<ThreadInput, 'task' | 'from'>

export type Existing = {
  open: boolean
  firstRunId: string
  taskQueue: string
  /** What its turns are kept under: its own, or of the thread it was forked from. */
  root: Root
  options?: Recorded
}

/**
 * undefined: no run has this id. Throws InvalidInputError when it is a run of another kind; what the server says comes
 * through as it is.
 */
export async function findThread({ client }: Server, id: string): Promise<Existing | undefined> {
  const found = await client.workflow
    .getHandle(id)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined
      throw error
    })
  if (!found) return undefined
  if (found.type !== 'thread') throw new InvalidInputError(`"${id}" is no thread: it is a run of ${found.type}`)
  const firstRunId = found.raw.workflowExecutionInfo?.firstRunId || found.runId
  const memo = found.memo ?? {}
  return {
    open: found.status.name === 'RUNNING' || found.status.name === 'PAUSED',
    firstRunId,
    taskQueue: found.taskQueue,
    root: (memo[MEMO.root] as Root | undefined) ?? { workflowId: id, firstRunId },
    ...(memo[MEMO.options] !== undefined && { options: memo[MEMO.options] as Recorded }),
  }
}

/** As findThread, for readers: throws RunNotFoundError where there is none, ConnectionError. */
export async function existingThread(server: Server, id: string): Promise<Existing> {
  const what = { server: server.address, run: id }
  const existing = await asking(what, () => findThread(server, id))
  if (!existing) throw new RunNotFoundError(`no thread "${id}" on the server at ${server.address}`)
  return existing
}

/** Throws InvalidInputError naming what differs, ThreadClosedError. */
export async function checkExisting(id: string, existing: Existing, given: Record<string, unknown>): Promise<void> {
  if (Object.keys(given).length > 0) {
    const { ThreadInput } = await import('../../contracts/schemas/index.js')
    refuseOthers(id, given, existing.options, ThreadInput.parse({}))
  }
  if (!existing.open) throw closed(id)
}

export function closed(id: string): ThreadClosedError {
  return new ThreadClosedError(`thread "${id}" is closed: its messages can be read, a fork goes on from any of them`)
}

/** Options, or what finds them when they are needed. */
export type GivenOptions = ThreadOptions | (() => Promise<ThreadOptions>)

/** The options as they are sent; throws InvalidInputError. */
export async function checkOptions(options: GivenOptions = {}): Promise<Record<string, unknown>> {
  return checkInput('thread', typeof options === 'function' ? await options() : options)
}

/** What starts the thread together with its first message; fails when there is one, open or closed. */
export async function startingThread(server: Server, id: string, argument: Record<string, unknown>) {
  const summary = runSummary('thread', argument)
  const starting = await startOptions(server, { workflow: 'thread', id, argument, summary })
  return new WithStartWorkflowOperation('thread', starting)
}
