// A person's own functions that decide about tools. Each is asked once for a call, whichever sets name it. One that fails,
// hangs or answers with something else refuses: nothing runs because a check broke.

import { z } from 'zod'
import { explain } from '../../../contracts/schemas/explain.js'
import { timeLimit } from '../../../contracts/time-limit.js'
import type { Decision } from '../../../permissions/decide.js'
import type { PermissionAnswer, PermissionQuestion } from '../../../permissions/handler.js'
import type { Use } from '../../../permissions/match.js'
import type { JudgeDeps } from '../deps.js'
import type { Judging, Wish } from './wish.js'

const HANDLER_MS = 60_000

const Answer = z.discriminatedUnion('behavior', [
  z.strictObject({ behavior: z.literal('allow'), updatedInput: z.unknown().optional() }),
  z.strictObject({ behavior: z.literal('deny'), message: z.string().max(2000) }),
  z.strictObject({ behavior: z.literal('ask') }),
])

type Decided = { use: Use; decisions: Decision[] }
/** No `handler` among the decisions any more. */
type Answered = { decisions: Exclude<Decision, { kind: 'handler' }>[]; by: string; changed?: { input: unknown } }

export async function askHandlers(
  deps: JudgeDeps,
  judging: Judging,
  wish: Wish,
  { use, decisions }: Decided,
): Promise<Answered> {
  const answers = new Map<string, Settled>()
  const settled: Answered = { decisions: [], by: '' }
  for (const decision of decisions) {
    if (decision.kind !== 'handler') {
      settled.decisions.push(decision)
      continue
    }
    const { handler, by } = decision
    const suggested = decision.otherwise.kind === 'handler' ? 'ask' : decision.otherwise.kind
    const answer = answers.get(handler) ?? (await ask(deps, handler, { ...about(judging, wish, use), suggested }))
    answers.set(handler, answer)
    settled.decisions.push(answer.decision)
    // The first one's arguments hold; another handler's would be judged by nobody.
    if (answer.changed && !settled.changed) Object.assign(settled, { by, changed: answer.changed })
  }
  return settled
}

type Settled = { decision: Exclude<Decision, { kind: 'handler' }>; changed?: { input: unknown } }
type Question = Omit<PermissionQuestion, 'signal'> & { stop: AbortSignal }

function about({ run, stored, signal }: Judging, { tool, input }: Wish, { subject }: Use) {
  const { definition, mode, workspace } = stored
  return {
    ...{ run, agent: definition.name, tool: tool.name, input: structuredClone(input), subject, mode, stop: signal },
    ...(workspace !== undefined && { workspace }),
  }
}

async function ask(deps: JudgeDeps, name: string, { stop, ...question }: Question): Promise<Settled> {
  const by = `handler ${name}`
  const refuse = (reason: string): Settled => ({ decision: { kind: 'refuse', by, reason: `${by}: ${reason}` } })
  const handler = Object.hasOwn(deps.permissionHandlers, name) ? deps.permissionHandlers[name] : undefined
  if (!handler) return refuse('this worker has no such function')
  const time = timeLimit(stop, HANDLER_MS)
  const { signal } = time
  let answered: unknown
  try {
    answered = await Promise.race([Promise.resolve(handler({ ...question, signal })), aborted(signal)])
  } catch (error) {
    return refuse(`failed: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500))
  } finally {
    time.end()
  }
  const read = Answer.safeParse(answered)
  if (!read.success) return refuse(`answered with no decision (${explain(read.error, answered)})`)
  return settle(read.data, by)
}

function settle(answer: PermissionAnswer, by: string): Settled {
  switch (answer.behavior) {
    case 'allow':
      return {
        decision: { kind: 'run', by },
        ...(answer.updatedInput !== undefined && { changed: { input: answer.updatedInput } }),
      }
    case 'deny':
      return { decision: { kind: 'refuse', by, reason: `${by}: ${answer.message}` } }
    case 'ask':
      return { decision: { kind: 'ask', by } }
    default:
      return answer satisfies never
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Error('no answer within a minute'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
