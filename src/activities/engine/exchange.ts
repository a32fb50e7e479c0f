// How the program's tool calls reach the workflow and its answers come back. A step's calls go there together, as one
// signal; what became of them is asked for, more and more rarely while a person thinks. Whoever waits too long is told
// so: a waiting program costs memory, a waiting workflow nothing.
import { Context } from '@temporalio/activity'
import type { ToolCall, ToolResult } from '../../contracts/agent.js'
import { type EngineCalls, engineCalls, engineResults } from '../../contracts/engine.js'
import { AHEAD } from '../../contracts/failures.js'

const FIRST_MS = 50
const SLOWEST_MS = 1000
/** A program that waits for people takes some 200 MB; starting it again half a second. */
const PARK_MS = 60_000

/** A step's tool calls; they are judged only where the workflow does not have them already. */
export type Handed = Omit<EngineCalls, 'calls'> & { ids: string[]; judge(): Promise<ToolCall[]> }

export type Exchange = {
  hand(step: Handed): void
  /** How a call ended. Rejects when all is over, and for a call that was never handed over. */
  ended(id: string): Promise<ToolResult>
  /** Those of these that have ended. */
  known(ids: string[]): ToolResult[]
  /** How many have not. */
  waiting(): number
  close(): void
}

/** @param onIdle all that goes on is waiting, for long. @param onError the workflow cannot be reached. */
export function openExchange(onIdle: () => void, onError: (error: unknown) => void): Exchange {
  const { client, info } = Context.current()
  const run = info.workflowExecution
  if (!run) throw new Error('the engine runs as an activity of a workflow')
  const handle = client.workflow.getHandle(run.workflowId, run.runId)
  const open = new Map<string, { step: Handed; resolve(result: ToolResult): void; reject(error: Error): void }>()
  const ends = new Map<string, Promise<ToolResult>>()
  const results = new Map<string, ToolResult>()
  let wait = FIRST_MS
  let lastEnd = Date.now()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const look = async () => {
    for (const step of new Set([...open.values()].map((waiting) => waiting.step))) {
      const answer = await handle.query(engineResults, { step: step.step, number: step.number }).catch(beginsAgain)
      if (!answer) continue
      const { known, results: given } = answer
      if (!known) {
        const { ids: _, judge, ...rest } = step
        await handle.signal(engineCalls, { ...rest, calls: await judge() } satisfies EngineCalls)
      }
      for (const result of given) take(result)
    }
    if (open.size > 0 && Date.now() - lastEnd > PARK_MS) onIdle()
  }
  const take = (result: ToolResult) => {
    const waiting = open.get(result.id)
    if (!waiting) return
    open.delete(result.id)
    results.set(result.id, result)
    waiting.resolve(result)
    lastEnd = Date.now()
    wait = FIRST_MS
  }
  const again = () => {
    if (closed || open.size === 0) return
    timer = setTimeout(() => look().then(again, onError), wait)
    wait = Math.min(wait * 1.5, SLOWEST_MS)
  }
  return {
    hand(step) {
      const idle = open.size === 0
      for (const id of step.ids) {
        const end = new Promise<ToolResult>((resolve, reject) => open.set(id, { step, resolve, reject }))
        // Nobody may be waiting for it when all is over.
        end.catch(() => {})
        ends.set(id, end)
      }
      wait = FIRST_MS
      lastEnd = Date.now()
      if (idle) look().then(again, onError)
    },
    async ended(id) {
      const end = ends.get(id)
      if (!end) throw new Error(`the tool use ${id} was not handed over`)
      return end
    },
    known: (ids) => ids.flatMap((id) => results.get(id) ?? []),
    waiting: () => open.size,
    close() {
      closed = true
      clearTimeout(timer)
      for (const { reject } of open.values()) reject(new Error('the turn is over'))
    },
  }
}

/** It is asked at the next look. */
function beginsAgain(error: unknown): undefined {
  if (!(error instanceof Error && error.message.includes(AHEAD))) throw error
}
