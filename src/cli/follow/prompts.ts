// What a person is offered for each kind of question, and what more each answer needs.
import type { Ref } from '../../contracts/refs.js'
import { harmless, printable, say } from '../output.js'
import type { Prompted } from './prompt-approval.js'
import { parseJson, parsePatch } from './prompted-json.js'
import type { Question } from './question.js'

export type Asking = {
  common: { input: typeof process.stdin; output: typeof process.stderr; signal: AbortSignal }
  read: (ref: Ref) => Promise<string>
}

const LATER = { value: 'later' as const, label: 'Later', hint: 'the run waits' }

export function promptFor(question: Question, asking: Asking): Promise<Prompted> {
  if (question.tool) return promptTool(question.tool, asking)
  if (question.unknown) return promptUnknown(asking)
  if (question.choices && question.choices.length > 1) return promptChoices(question.choices, asking)
  if (question.work) return promptWork(question.work.agents, asking)
  return promptPlan(question, asking)
}

async function promptTool(tool: NonNullable<Question['tool']>, asking: Asking): Promise<Prompted> {
  const { isCancel, select } = await import('@clack/prompts')
  for (;;) {
    const kind = await select({
      ...asking.common,
      message: 'May it?',
      options: [
        { value: 'approve' as const, label: 'Approve', hint: 'once, with exactly these arguments' },
        { value: 'edit' as const, label: 'Edit', hint: 'approve other arguments' },
        { value: 'reject' as const, label: 'Reject', hint: 'the agent is told, and why' },
        ...(tool.whole === undefined
          ? []
          : [{ value: 'details' as const, label: 'Details', hint: 'all of the arguments' }]),
        LATER,
      ],
    })
    if (isCancel(kind)) return { kind: 'left' }
    if (kind === 'reject') return rejected(asking)
    if (kind === 'approve' || kind === 'later') return { kind }
    const whole = tool.whole === undefined ? tool.arguments : await asking.read(tool.whole)
    if (kind === 'details') say(harmless(whole))
    else return edited(whole, asking)
  }
}

async function edited(whole: string, { common }: Asking): Promise<Prompted> {
  const { isCancel, text } = await import('@clack/prompts')
  const validate = (value?: string) => (parsePatch(value ?? '') ? undefined : 'wanted a JSON object')
  const given = await text({ ...common, message: 'The arguments, as JSON', initialValue: whole, validate })
  return isCancel(given) ? { kind: 'left' } : { kind: 'approve', input: parsePatch(given) }
}

async function promptUnknown({ common }: Asking): Promise<Prompted> {
  const { isCancel, select } = await import('@clack/prompts')
  const said = await select({
    ...common,
    message: 'Was it done? Look first: it will not be repeated unless you say so.',
    options: [
      { value: 'done' as const, label: 'It was done' },
      { value: 'reject' as const, label: 'It was not done', hint: 'and is not done now' },
      { value: 'again' as const, label: 'Do it again' },
      LATER,
    ],
  })
  if (isCancel(said)) return { kind: 'left' }
  if (said === 'done') return { kind: 'approve' }
  return said === 'again' ? { kind: 'approve', input: { again: true } } : { kind: said }
}

async function promptChoices(choices: NonNullable<Question['choices']>, asking: Asking): Promise<Prompted> {
  const { isCancel, multiselect, select } = await import('@clack/prompts')
  const kind = await select({
    ...asking.common,
    message: 'Go ahead?',
    options: [
      { value: 'approve' as const, label: `Approve all ${choices.length}` },
      { value: 'some' as const, label: 'Approve some' },
      { value: 'reject' as const, label: 'Reject' },
      LATER,
    ],
  })
  if (isCancel(kind)) return { kind: 'left' }
  if (kind === 'reject') return rejected(asking)
  if (kind !== 'some') return { kind }
  const options = choices.map(({ id, label, arguments: exact = '' }) => ({
    value: id,
    label: `${id}  ${printable(`${label} ${exact}`.trim())}`,
  }))
  const only = await multiselect({ ...asking.common, message: 'Which of them?', options, required: true })
  return isCancel(only) ? { kind: 'left' } : { kind: 'approve', input: { only } }
}

async function promptWork(agents: string[], asking: Asking): Promise<Prompted> {
  const { isCancel, multiselect, select, text } = await import('@clack/prompts')
  const kind = await select({
    ...asking.common,
    message: 'Create the commits?',
    options: [
      { value: 'approve' as const, label: 'Create them' },
      { value: 'revise' as const, label: 'Ask for changes', hint: 'only the agents you name work again' },
      { value: 'reject' as const, label: 'Reject', hint: 'nothing is committed' },
      LATER,
    ],
  })
  if (isCancel(kind)) return { kind: 'left' }
  if (kind === 'reject') return rejected(asking)
  if (kind !== 'revise') return { kind }
  const options = agents.map((value) => ({ value, label: value }))
  const named = await multiselect({ ...asking.common, message: 'Who?', options, required: true })
  if (isCancel(named)) return { kind: 'left' }
  const validate = (value?: string) => (value?.trim() ? undefined : 'wanted what is to be changed')
  const note = await text({ ...asking.common, message: 'What is to be changed?', validate })
  return isCancel(note) ? { kind: 'left' } : { kind: 'revise', input: { agents: named }, note }
}

/** Of a plan and its price, of money, or of a person's own code. */
async function promptPlan(question: Question, asking: Asking): Promise<Prompted> {
  const { isCancel, select } = await import('@clack/prompts')
  const revise = {
    value: 'revise' as const,
    label: 'Revise',
    hint: 'change the input, then plan and price are made again',
  }
  const kind = await select({
    ...asking.common,
    message: 'Go ahead?',
    options: [
      { value: 'approve' as const, label: 'Approve' },
      { value: 'reject' as const, label: 'Reject' },
      ...(question.own || question.budget || question.choices ? [] : [revise]),
      LATER,
    ],
  })
  if (isCancel(kind)) return { kind: 'left' }
  if (kind === 'reject') return rejected(asking)
  if (kind === 'revise') return revised(question.outline !== undefined, asking)
  return kind === 'approve' && question.own?.wantsInput ? withAnswer(asking) : { kind }
}

async function rejected({ common }: Asking): Promise<Prompted> {
  const { isCancel, text } = await import('@clack/prompts')
  const reason = await text({ ...common, message: 'Why? (may be empty)' })
  if (isCancel(reason)) return { kind: 'left' }
  return { kind: 'reject', ...(reason && { note: reason }) }
}

async function withAnswer({ common }: Asking): Promise<Prompted> {
  const { isCancel, text } = await import('@clack/prompts')
  const validate = (value?: string) => (parseJson(value ?? '') ? undefined : 'wanted JSON')
  const input = await text({ ...common, message: 'The answer, as JSON', validate })
  return isCancel(input) ? { kind: 'left' } : { kind: 'approve', input: JSON.parse(input) }
}

async function revised(takesNotes: boolean, { common }: Asking): Promise<Prompted> {
  const { isCancel, text } = await import('@clack/prompts')
  const patch = await text({
    ...common,
    message: takesNotes
      ? 'What should the planner do otherwise? Words, or JSON to change the input'
      : 'What to change, as JSON (null removes a field)',
    placeholder: takesNotes ? 'three parts are enough' : '{ "model": "haiku" }',
    validate: (value) => {
      if (parsePatch(value ?? '') || (takesNotes && value?.trim())) return undefined
      return takesNotes ? 'wanted words, or a JSON object' : 'wanted a JSON object, such as { "model": "haiku" }'
    },
  })
  if (isCancel(patch)) return { kind: 'left' }
  const input = parsePatch(patch)
  return input ? { kind: 'revise', input } : { kind: 'revise', note: patch }
}
