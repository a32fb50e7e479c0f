// The agent whose turn it is: what it adds to a request, and what becomes of the tools it asks for.
import { Context } from '@temporalio/activity'
import type { ToolCall } from '../../contracts/agent.js'
import type { Chunk } from '../../contracts/conversation.js'
import type { Ref } from '../../contracts/refs.js'
import type { TurnRequest } from '../../contracts/turn.js'
import type { StoredAgent } from '../agent/definition/stored-agent.js'
import { judgeCalls } from '../agent/judge/judge.js'
import type { ActivityDeps } from '../deps.js'
import { callsToJudge } from './results.js'

export type TurnAgent = {
  /** Of every request, in the order it was stored in: the prompt cache begins with it. */
  asks: { tools: object[]; output?: Record<string, unknown> }
  /** JSON Schema of its last answer. */
  output?: Record<string, unknown>
  judge(request: Pick<TurnRequest, 'root' | 'run' | 'step'>, chunk: Chunk): Promise<ToolCall[]>
}

/** undefined: a conversation without an agent. */
export async function agentOf(deps: ActivityDeps, ref: Ref | undefined): Promise<TurnAgent | undefined> {
  if (ref === undefined) return undefined
  const stored = await deps.requests.json<StoredAgent>(ref)
  const { output } = stored.definition
  const tools = stored.tools.map(({ name, description, input_schema }) => ({ name, description, input_schema }))
  return {
    asks: { tools, ...(output && { output }) },
    ...(output && { output }),
    judge({ root, run, step }, { answer }) {
      const signal = Context.current().cancellationSignal
      return judgeCalls(deps, { root, run, step, stored, blocks: callsToJudge(answer), signal })
    },
  }
}
