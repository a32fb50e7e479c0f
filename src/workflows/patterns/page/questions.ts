// The open questions on a run's page in the Web UI: what each is about, exactly, and what to paste where to answer it.
import type { Approval } from '../../../contracts/messages.js'
import { openApprovals, type Run } from '../run/run.js'
import { amount, clock, code, MESSAGES, text } from './markdown.js'
import { tree } from './tree.js'

/** Questions shown in full, and their arguments then; a page has 4 kB. */
const FULL = 4
const ARGUMENTS = 600
const CHOICES = 8
/** Bytes of a team's work. */
const WORK = 2200

export function questionsOf(run: Run): string[] {
  const open = openApprovals(run)
  if (open.length === 0) return []
  const many = open.length > 1
  const rest = open.length - FULL
  return [
    ...open.slice(0, FULL).map((one) => asked(one, many)),
    ...(rest > 0 ? [`… and ${rest} more: \`ensemble approvals\` lists them all`] : []),
    'Answer with *More Actions* → *Send a Signal*:',
    [...new Set(open.flatMap((one) => ways(run, one, many)))].map((way) => `- ${way}`).join('\n'),
  ]
}

function asked(one: Approval, many: boolean): string {
  const { title, name, digest, approvers, expiresAt, onExpiry = 'wait', problem } = one
  const facts = [
    ...(approvers ? [`answered by ${approvers.map((who) => text(who, 60)).join(', ')}`] : []),
    ...(expiresAt ? [`${THEN[onExpiry]} at ${clock(expiresAt)}`] : []),
  ]
  return [
    `**${text(title, 250)}** (${text(name, 60)})${facts.length > 0 ? ` · ${facts.join(' · ')}` : ''}`,
    ...(problem === undefined ? [] : [`Asked again: ${text(problem, 300)}`]),
    ...about(one),
    `Digest: \`${code(digest, 80)}\``,
    ...(many ? [`To answer this one: \`{"digest": "${code(digest, 80)}", "by": "your name"}\``] : []),
  ].join('\n\n')
}

const THEN = { wait: 'asked since long', deny: 'denied', escalate: 'others may answer, too,' } as const

function about({ own, tool, unknown, budget, choices, lines, work }: Approval): string[] {
  if (tool) return [`Arguments: \`${code(tool.arguments, ARGUMENTS)}\``, `Asked because of ${text(tool.by, 120)}`]
  if (unknown) return [`Arguments: \`${code(unknown.arguments, ARGUMENTS)}\``]
  if (budget) return [`For ${text(budget.for, 100)}: at most ${amount(budget.needsUsd)}`]
  return [
    ...(own?.details === undefined ? [] : [text(shown(own.details), 1000)]),
    ...list((choices ?? []).map(choiceLine)),
    ...(work ? tree(testsFirst(lines ?? []), WORK) : list((lines ?? []).map((one) => text(one, 120)))),
  ]
}

function choiceLine({ id, label, arguments: exact }: NonNullable<Approval['choices']>[number]): string {
  return `${text(id, 40)}: ${text(label, 120)}${exact === undefined ? '' : ` \`${code(exact, ARGUMENTS)}\``}`
}

/** What is said of all the work, its tests and its commits, is read before what each agent did: that may be long. */
function testsFirst(lines: string[]): string[] {
  const whole = lines.findIndex((line) => !line.startsWith('  ') && !line.startsWith('['))
  return whole < 0 ? lines : [...lines.slice(whole), ...lines.slice(0, whole)]
}

function list(rows: string[]): string[] {
  if (rows.length === 0) return []
  const more = rows.length > CHOICES ? [`… and ${rows.length - CHOICES} more`] : []
  return [[...rows.slice(0, CHOICES), ...more].map((row) => `- ${row}`).join('\n')]
}

function ways({ takesNotes }: Run, { own, tool, unknown, budget, choices, work }: Approval, many: boolean): string[] {
  const yes = many ? '`approve` with the line of the question' : '`approve` with no input, or `{"by": "your name"}`'
  const no = many
    ? '`reject` with the same, and a reason: `"note": "…"`'
    : '`reject` with no input, or a reason: `"too dear"`'
  if (own?.wantsInput) return ['`approve` with the answer: `{"input": …}`', no]
  if (tool) return [yes, '`approve` with other arguments: add `"input": {…}`', no]
  if (unknown) return [`${yes}: it was done`, '`approve` with `{"again": true}`: do it again', `${no}: it was not done`]
  if (budget) return [`${yes}: exactly what is asked`, '`raiseBudget` with the new cap in dollars: `{"usd": 5}`', no]
  if (work)
    return [
      yes,
      no,
      `\`revise\` with what an agent is to change: \`{"agents": {"${code(work.agents[0] ?? '', 40)}": "…"}}\``,
    ]
  if (choices) return [yes, 'or `approve` with some of them: `{"only": ["id"]}`', no]
  if (own) return [yes, no]
  const note = takesNotes ? ', or a note for the planner: `"three parts"`' : ''
  return [yes, no, `\`revise\` with a patch of the input: \`{"concurrency": 5}\`${note}`]
}

const shown = (details: unknown) => (typeof details === 'string' ? details : (JSON.stringify(details) ?? ''))

/** The last answers, and how the money stands. */
export function answersOf(run: Run): string[] {
  return run.approvals.slice(-MESSAGES).flatMap(({ name, answer }) => {
    if (!answer) return []
    const note = answer.note === undefined ? '' : `: ${text(answer.note, 200)}`
    return [`Answer to ${text(name, 60)}: **${answer.kind}** by ${text(answer.by, 100)} at ${clock(answer.at)}${note}`]
  })
}

export function moneyOf({ budget }: Run): string[] {
  if (!budget) return []
  const { capUsd, spentUsd, reservedUsd, unknown } = budget
  const more = unknown ? ' and calls of unknown price' : ''
  return [`Budget: ${amount(capUsd)} · spent ${amount(spentUsd)}${more} · set aside ${amount(reservedUsd)}`]
}
