// Asks the person at the terminal. The question goes away by itself when somebody answers it elsewhere meanwhile.
import type { Run } from '../../client/run.js'
import { printable, say } from '../output.js'
import { askedLines, type Question } from './question.js'

/** `later` leaves the question open; `elsewhere`: somebody else answered; `left`: Ctrl-C. */
export type Prompted =
  | { kind: 'approve'; input?: unknown }
  | { kind: 'reject'; note?: string }
  | { kind: 'revise'; input?: Record<string, unknown>; note?: string }
  | { kind: 'later' | 'elsewhere' | 'left' }

const LOOK_MS = 1000

/** `stopping` takes the question away and counts as left. */
export async function promptApproval(run: Run, question: Question, stopping: AbortSignal): Promise<Prompted> {
  const { isCancel, select } = await import('@clack/prompts')
  const answered = new AbortController()
  const { choices = [] } = question
  const common = { input: process.stdin, output: process.stderr, signal: AbortSignal.any([answered.signal, stopping]) }
  const watcher = setInterval(() => {
    void stillOpen(run, question).then((open) => open || answered.abort())
  }, LOOK_MS)
  try {
    say()
    for (const line of askedLines(question)) say(line)
    const kind = await select({
      ...common,
      message: 'Go ahead?',
      options: [
        { value: 'approve' as const, label: choices.length > 1 ? `Approve all ${choices.length}` : 'Approve' },
        ...(choices.length > 1 ? [{ value: 'some' as const, label: 'Approve some' }] : []),
        { value: 'reject' as const, label: 'Reject' },
        ...(question.own
          ? []
          : [
              {
                value: 'revise' as const,
                label: 'Revise',
                hint: 'change the input, then plan and price are made again',
              },
            ]),
        { value: 'later' as const, label: 'Later', hint: 'the run waits' },
      ],
    })
    if (kind === 'some') {
      const some = await choose(common, choices)
      return answered.signal.aborted ? { kind: 'elsewhere' } : some
    }
    const takes = { notes: question.outline !== undefined, input: question.own?.wantsInput ?? false }
    const details = isCancel(kind) ? ({ kind: 'left' } as const) : await detailsOf(kind, common, takes)
    return answered.signal.aborted ? { kind: 'elsewhere' } : details
  } finally {
    clearInterval(watcher)
  }
}

type Common = { input: typeof process.stdin; output: typeof process.stderr; signal: AbortSignal }

async function choose(common: Common, choices: NonNullable<Question['choices']>): Promise<Prompted> {
  const { isCancel, multiselect } = await import('@clack/prompts')
  const options = choices.map(({ id, label }) => ({ value: id, label: `${id}  ${printable(label)}` }))
  const only = await multiselect({ ...common, message: 'Which?', options, required: true })
  return isCancel(only) ? { kind: 'left' } : { kind: 'approve', input: { only } }
}

async function detailsOf(
  kind: 'approve' | 'reject' | 'revise' | 'later',
  common: Common,
  takes: { notes: boolean; input: boolean },
): Promise<Prompted> {
  const { isCancel, text } = await import('@clack/prompts')
  if (kind === 'later' || (kind === 'approve' && !takes.input)) return { kind }
  if (kind === 'approve') {
    const validate = (value?: string) => (isJson(value ?? '') ? undefined : 'wanted JSON')
    const input = await text({ ...common, message: 'The answer, as JSON', validate })
    return isCancel(input) ? { kind: 'left' } : { kind, input: JSON.parse(input) }
  }
  if (kind === 'reject') {
    const reason = await text({ ...common, message: 'Why? (may be empty)' })
    if (isCancel(reason)) return { kind: 'left' }
    return { kind, ...(reason && { note: reason }) }
  }
  const patch = await text({
    ...common,
    message: takes.notes
      ? 'What should the planner do otherwise? Words, or JSON to change the input'
      : 'What to change, as JSON (null removes a field)',
    placeholder: takes.notes ? 'three parts are enough' : '{ "model": "haiku" }',
    validate: (value) => {
      if (parsePatch(value ?? '') || (takes.notes && value?.trim())) return undefined
      return takes.notes ? 'wanted words, or a JSON object' : 'wanted a JSON object, such as { "model": "haiku" }'
    },
  })
  if (isCancel(patch)) return { kind: 'left' }
  const input = parsePatch(patch)
  return input ? { kind, input } : { kind, note: patch }
}

export function parsePatch(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** A worker that does not answer right now says nothing about the question. */
async function stillOpen(run: Run, { name, digest }: Question): Promise<boolean> {
  const report = await run.status().catch(() => undefined)
  if (!report) return true
  return report.approvals.some((approval) => approval.name === name && approval.digest === digest && !approval.answer)
}
