// An approval as it is put to a person: what would be done, for how much, and how to answer from anywhere.
import type { Approval } from '../../contracts/messages.js'
import type { ModelServer, Price } from '../../contracts/outcome.js'
import { printable } from '../output.js'
import { dollars } from '../views/money.js'

export type Question = {
  name: string
  title: string
  digest: string
  price?: Price
  server?: ModelServer
  outline?: string[]
  own?: Approval['own']
  choices?: Approval['choices']
  lines?: Approval['lines']
}

/** Plain lines. `command` completes a command of ours. */
export function questionLines(question: Question, id: string, command: (rest: string) => string): string[] {
  return [
    ...askedLines(question),
    `  approve   ${command(`approve ${id}${question.own?.wantsInput ? ' --input answer.json' : ''}`)}${someHint(question)}`,
    `  reject    ${command(`reject ${id}`)}`,
    ...(question.own ? [] : [`  revise    ${command(`revise ${id} --input patch.json`)}${noteHint(question)}`]),
  ]
}

const someHint = ({ choices = [] }: Question) => (choices.length > 1 ? `, or with --only ${choices[0]?.id}` : '')
const noteHint = ({ outline }: Question) => (outline ? ', or --note TEXT for the planner' : '')

/** Title, price and digest: exactly what an answer counts for. */
export function askedLines(question: Omit<Question, 'name'>): string[] {
  const { title, price, digest, server, own, outline = [], choices = [], lines = [] } = question
  return [
    title,
    ...choices.map(({ id, label }) => `  ${id.padEnd(9)} ${printable(label)}`),
    ...lines.map((line) => `  ${printable(line)}`),
    ...(own?.details === undefined ? [] : [`  details   ${detailsLine(own.details)}`]),
    ...outline.map((line) => `  -         ${line}`),
    ...(price
      ? [`  price     about ${dollars(price.expectedUsd)}, at most ${dollars(price.worstUsd)}${unspent(server)}`]
      : []),
    ...(price?.basis ? [`  basis     ${price.basis}`] : []),
    `  digest    ${digest}`,
  ]
}

/** People and models write them: one line, without what a terminal would act on. */
function detailsLine(details: unknown): string {
  return printable(typeof details === 'string' ? details : (JSON.stringify(details) ?? ''))
}

/** Simulated answers are priced as real ones would be, and cost nothing. */
export function unspent(server: ModelServer | undefined): string {
  return server === 'simulated' ? ' (simulated: nothing is spent)' : ''
}
