// An approval as it is put to a person: what would be done, with which arguments or for how much, and how to answer from
// anywhere.
import type { Approval } from '../../contracts/messages.js'
import type { ModelServer, Price } from '../../contracts/outcome.js'
import { printable } from '../output.js'
import { dollars } from '../views/money.js'

/** What an approval is about, besides its name, title and digest. */
type About = Pick<
  Approval,
  | 'own'
  | 'tool'
  | 'choices'
  | 'work'
  | 'lines'
  | 'problem'
  | 'unknown'
  | 'budget'
  | 'approvers'
  | 'expiresAt'
  | 'onExpiry'
>

export type Question = About & {
  name: string
  title: string
  digest: string
  price?: Price
  server?: ModelServer
  outline?: string[]
}

/** Plain lines. `command` completes a command of ours. */
export function questionLines(question: Question, id: string, command: (rest: string) => string): string[] {
  return [...askedLines(question), ...waysToAnswer(question, id, command)]
}

function waysToAnswer(question: Question, id: string, command: (rest: string) => string): string[] {
  const { name, own, tool, unknown, budget, choices, outline, work } = question
  const about = tool || unknown || budget ? `${id} ${name}` : id
  const approve = `  approve   ${command(`approve ${about}${own?.wantsInput ? ' --input answer.json' : ''}`)}`
  const reject = `  reject    ${command(`reject ${about}`)}`
  if (tool) return [`${approve} (--input FILE: with other arguments)`, `${reject} --note REASON`]
  if (unknown)
    return [`${approve} (it was done; --input with {"again": true}: do it again)`, `${reject} (it was not done)`]
  if (budget) return [approve, `  raise     ${command(`raise-budget ${id} USD`)}`, reject]
  const some = choices && choices.length > 1 ? `, or with --only ${choices[0]?.id}` : ''
  if (work) {
    const [agent = ''] = work.agents
    return [
      approve,
      reject,
      `  revise    ${command(`revise ${id} --item ${/^[\w.-]+$/.test(agent) ? agent : JSON.stringify(agent)} --note "what to change"`)}`,
    ]
  }
  if (own || choices) return [`${approve}${some}`, reject]
  const hint = outline ? ', or --note TEXT for the planner' : ''
  return [approve, reject, `  revise    ${command(`revise ${id} --input patch.json`)}${hint}`]
}

/** Title, what it is about, price and digest: exactly what an answer counts for. */
export function askedLines(question: Omit<Question, 'name'>): string[] {
  const { title, price, digest, server, own, outline = [], problem, lines = [], choices = [] } = question
  return [
    printable(title),
    ...(problem === undefined ? [] : [`  again     ${printable(problem)}`]),
    ...toolLines(question),
    ...(own?.details === undefined ? [] : [`  details   ${detailsLine(own.details)}`]),
    ...choices.map((one) => `  ${one.id.padEnd(9)} ${printable(`${one.label} ${one.arguments ?? ''}`.trim())}`),
    ...outline.map((line) => `  -         ${printable(line)}`),
    ...lines.map((line) => `  ${printable(line)}`),
    ...(price
      ? [`  price     about ${dollars(price.expectedUsd)}, at most ${dollars(price.worstUsd)}${unspent(server)}`]
      : []),
    ...(price?.basis ? [`  basis     ${price.basis}`] : []),
    ...whoLines(question),
    `  digest    ${digest}`,
  ]
}

/** The arguments come with what is invisible in them made visible. */
function toolLines({ tool, unknown }: Pick<Question, 'tool' | 'unknown'>): string[] {
  if (unknown) return [`  tool      ${unknown.tool}`, `  arguments ${printable(unknown.arguments)}`]
  if (!tool) return []
  return [
    ...(tool.notice === undefined ? [] : [`  notice    ${printable(tool.notice)}`]),
    `  tool      ${tool.tool} (${EFFECTS[tool.effect]}; asked because of ${printable(tool.by)})`,
    `  arguments ${printable(tool.arguments)}${tool.whole === undefined ? '' : ' … (more: see the details)'}`,
  ]
}

const EFFECTS: Record<NonNullable<Approval['tool']>['effect'], string> = {
  read: 'only reads',
  idempotent: 'may be repeated',
  reconcilable: 'can be checked afterwards',
  unsafe: 'cannot be repeated or checked',
}

function whoLines({ approvers, expiresAt, onExpiry = 'wait' }: Omit<Question, 'name'>): string[] {
  const then = { wait: 'it goes on waiting', deny: 'it is denied', escalate: 'others may answer, too' }[onExpiry]
  return [
    ...(approvers ? [`  who       ${printable(approvers.join(', '))}`] : []),
    ...(expiresAt ? [`  until     ${expiresAt}, then ${then}`] : []),
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
