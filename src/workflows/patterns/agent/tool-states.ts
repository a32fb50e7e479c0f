// An agent's newest uses of tools, for whoever asks how it is doing. Only shown: what happened is in the audit.
import type { ToolCall, ToolResult } from '../../../contracts/agent.js'
import type { ToolState } from '../../../contracts/messages.js'
import type { Run } from '../run/run.js'

const SHOWN = 50
const HEAD_CHARACTERS = 200

type Place = { turn: number; step: number }

export function showTool(
  run: Run,
  at: Place,
  call: Pick<ToolCall, 'id' | 'tool' | 'summary'>,
  { status, head, ms }: Pick<ToolState, 'status' | 'head' | 'ms'>,
): void {
  const { id, tool, summary } = call
  const { turn, step } = at
  const key = keyOf(at, call)
  run.tools.delete(key) // what changed last is the newest
  run.tools.set(key, {
    ...{ id, turn, step, tool, summary, status },
    ...(head !== undefined && { head: head.slice(0, HEAD_CHARACTERS) }),
    ...(ms !== undefined && { ms }),
  })
  for (const oldest of run.tools.keys()) {
    if (run.tools.size <= SHOWN) break
    run.tools.delete(oldest)
  }
}

/** What did not run was refused, or stopped; what did has said for itself how it ended, a child by its answer. */
export function showEnd(run: Run, at: Place, call: ToolCall, result: ToolResult | undefined): void {
  const shown = run.tools.get(keyOf(at, call))
  if (shown && shown.status !== 'asked' && shown.status !== 'running') return
  if (!result) {
    if (shown) showTool(run, at, call, { status: 'interrupted' })
    return
  }
  const said = 'text' in result.content ? result.content.text : ''
  const head = typeof said === 'string' ? said : said.head
  const ran = call.verdict.kind === 'agent' || shown?.status === 'running'
  showTool(run, at, call, { status: !result.isError ? 'done' : ran ? 'error' : 'refused', head })
}

function keyOf({ turn, step }: Place, { id }: Pick<ToolCall, 'id'>): string {
  return `${turn}.${step}.${id}`
}
