// An agent wants to use a tool and a person says whether it may. They see the exact arguments; their answer counts for
// these, once. Arguments they put in their place are judged like the model's own before they run, and where they do not
// fit, the question is put again and says why.
import type { ToolCall, ToolQuestion } from '../../../contracts/agent.js'
import type { Decision } from '../../../contracts/messages.js'
import { isTooDeep, MAX_NESTING } from '../../../contracts/nesting.js'
import { type Ending, question } from '../approvals/approval.js'
import type { Run } from '../run/run.js'

/** Bytes of JSON; what a model writes is not longer either. */
const INPUT_BYTES = 256 * 1024
const SUMMARY_CHARACTERS = 200

/** `call`: of a verdict `ask`. `name`: of the approval, unique in the run. `approvers`: of the agent; the rule's own go first. */
export type AskTool = {
  agent: string
  call: ToolCall
  name: string
  approvers?: string[]
  /** Judges other arguments; without it they are handed on with the decision. */
  rejudge?(input: Record<string, unknown>): Promise<ToolCall>
  /** Why the answer before did not do. */
  problem?: string
}

export type ToolDecision =
  /** `input`: other arguments, not judged yet. `call`: judged, to be run instead. */
  | { kind: 'approved'; by: string; at: string; input?: Record<string, unknown>; call?: ToolCall }
  | { kind: 'denied'; by: string; reason: string }
  | { kind: 'expired' }
  | { kind: 'interrupted' }

/** @param stopped the turn was interrupted: nobody needs the answer any more. */
export async function askForTool(run: Run, ask: AskTool, stopped: () => boolean): Promise<ToolDecision> {
  let { problem, call } = ask
  for (let again = 1; ; again++) {
    const ending = await askOnce(run, { ...ask, call }, stopped, again, problem)
    if (ending.kind === 'expired') return { kind: 'expired' }
    if (ending.kind === 'withdrawn') return { kind: 'interrupted' }
    const { decision, by, at } = ending
    if (decision.kind === 'reject') return { kind: 'denied', by, reason: decision.note ?? 'no reason given' }
    if (decision.input === undefined) return { kind: 'approved', by, at, ...(call !== ask.call && { call }) }
    const input = decision.input as Record<string, unknown>
    if (!ask.rejudge) return { kind: 'approved', by, at, input }
    const edited = await ask.rejudge(input)
    if (stopped()) return { kind: 'interrupted' }
    // What a person wrote and approved need not be asked about again, unless the tool became another one meanwhile.
    const isKnown = edited.verdict.kind === 'ask' && noticeOf(edited) === noticeOf(call)
    if (edited.verdict.kind === 'run' || isKnown) return { kind: 'approved', by, at, call: edited }
    problem = `the arguments that ${by} gave cannot be used: ${whyNot(edited)}`
    if (edited.verdict.kind !== 'ask') continue
    problem = `${by} approved other arguments, but the tool has changed since it was asked about`
    call = edited
  }
}

function askOnce(
  run: Run,
  { agent, call, name, approvers }: AskTool,
  stopped: () => boolean,
  again: number,
  problem: string | undefined,
): Promise<Ending> {
  const { verdict, tool, effect, digest, summary } = call
  if (verdict.kind !== 'ask') throw new Error(`the verdict on ${tool} is ${verdict.kind}, so nobody is asked`)
  const { question: about, by } = verdict
  const may = approversOf(about, approvers)
  return question(
    run,
    {
      name,
      title: `${agent} asks: ${summary.slice(0, SUMMARY_CHARACTERS)}`,
      // Put again, it is another question: an answer to the first must not be taken for one to this.
      digest: again === 1 ? digest : `${digest}.${again}`,
      tool: { ...about, agent, tool, effect, by },
      ...(may && { approvers: may }),
      ...(problem !== undefined && { problem }),
    },
    { refuses: whyRefused, stopped, ...(about.expiry && { expiry: about.expiry }) },
  )
}

function approversOf({ approvers }: ToolQuestion, ofAgent: string[] | undefined): string[] | undefined {
  return approvers ?? ofAgent
}

function whyRefused({ kind, input, loose }: Decision): string | undefined {
  if (kind === 'revise')
    return 'a tool call takes no revision: approve it with other arguments as "input", or reject it'
  if (kind === 'reject' || input === undefined) return undefined
  if (loose) return 'the message has fields that mean nothing here: other arguments go into "input"'
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return 'input: wanted an object, the arguments the tool shall have'
  if (isTooDeep(input)) return `input: is nested too deep; wanted at most ${MAX_NESTING} levels`
  const bytes = new TextEncoder().encode(JSON.stringify(input)).byteLength
  return bytes > INPUT_BYTES ? `input: has ${bytes} bytes; wanted at most ${INPUT_BYTES}` : undefined
}

const noticeOf = ({ verdict }: ToolCall) => (verdict.kind === 'ask' ? verdict.question.notice : undefined)

function whyNot({ verdict }: ToolCall): string {
  if (verdict.kind === 'refuse' || verdict.kind === 'invalid') return verdict.reason
  return 'they start another agent'
}

export type UnknownDecision =
  | { kind: 'done' | 'notDone' | 'again'; by: string; note?: string }
  | { kind: 'interrupted' }

/** A tool that must not be repeated may have done its work: a person looks and says. */
export async function askAboutUnknown(
  run: Run,
  { agent, call, name, approvers }: Pick<AskTool, 'agent' | 'call' | 'name' | 'approvers'>,
  stopped: () => boolean,
): Promise<UnknownDecision> {
  const { tool, summary, digest } = call
  const ending = await question(
    run,
    {
      name,
      title: `${agent}: nobody knows whether this was done: ${summary.slice(0, SUMMARY_CHARACTERS)}`,
      digest: `${digest}.unknown`,
      unknown: { agent, tool, arguments: call.verdict.kind === 'ask' ? call.verdict.question.arguments : summary },
      ...(approvers && { approvers }),
    },
    { refuses: whyNoWord, stopped },
  )
  if (ending.kind !== 'answered') return { kind: 'interrupted' }
  const { decision, by } = ending
  const kind = decision.kind === 'reject' ? 'notDone' : wantsAgain(decision.input) ? 'again' : 'done'
  return { kind, by, ...(decision.note !== undefined && { note: decision.note }) }
}

function whyNoWord({ kind, input }: Decision): string | undefined {
  if (kind === 'revise') return 'wanted approve (it was done), reject (it was not), or approve with { "again": true }'
  if (kind === 'reject' || input === undefined || wantsAgain(input)) return undefined
  return 'wanted approve with nothing (it was done) or with { "again": true } (do it again)'
}

function wantsAgain(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'again' in input && input.again === true
}
