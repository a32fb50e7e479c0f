// The simulated recommendation author: asks for the two figures, then turns what is overdue, promised or planned into
// recommendations by rule.
import { numberOr, type Row, rowOf, rowsOf, textOr } from './records.js'
import type { ReplyBlock } from './reply.js'
import type { MessagesRequest } from './request.js'
import { callOf, jsonOf, parsed, type Said } from './tool-talk.js'

const UNKNOWN_SCORE = 50
const FEWEST = 3
const MOST = 5

type Proposed = {
  action: string
  rationale: string
  priority: 'high' | 'medium' | 'low'
  effort: string
  outcome: string
  success_criteria: string[]
  draft_message: { to: string; subject: string; text: string } | null
  write: { tool: string; arguments: string } | null
}

export function authorsReply(request: MessagesRequest, task: string, said: Said[]): ReplyBlock[] {
  const crm = rowOf(parsed(between(task, 'crm')))
  const memory = rowOf(parsed(between(task, 'memory')))
  if (said.length === 0) {
    const asked = figures(request, crm)
    if (asked.length > 0) return asked
  }
  const recommendations = proposals(crm, memory, said)
  return [{ type: 'text', text: JSON.stringify({ recommendations }) }]
}

function figures(request: MessagesRequest, crm: Row): ReplyBlock[] {
  const account = rowOf(crm.account)
  const paid = textOr(account.payment_status, 'unknown')
  return [
    ...callOf(request, 'account_health_score', {
      engagement_score: numberOr(account.engagement_score, UNKNOWN_SCORE),
      financial_score: paid === 'paid' ? 90 : paid === 'overdue' ? 40 : UNKNOWN_SCORE,
      satisfaction_score: numberOr(account.satisfaction_score, UNKNOWN_SCORE),
    }),
    ...callOf(request, 'risk_signals', {
      days_since_contact: numberOr(crm.days_since_contact, 0),
      payment_status: paid,
    }),
  ]
}

function proposals(crm: Row, memory: Row, said: Said[]): Proposed[] {
  const account = rowOf(crm.account)
  const id = textOr(account.id, '')
  const contacts = rowsOf(crm.contacts)
  const to = textOr(contacts.find(({ email }) => textOr(email, '') !== '')?.email, 'the account')
  const open = rowsOf(memory.commitments).filter(({ by, status }) => by === 'us' && status === 'open')
  const promised = open.at(-1)
  const list: Proposed[] = []
  if (textOr(account.payment_status, '') === 'overdue')
    list.push({
      ...proposed('Agree on a date for the open invoice', 'The CRM says that a payment is overdue.', 'high', '1 hour'),
      draft_message: mail(to, 'The open invoice', 'an invoice is still open on our side. When may we expect it?'),
      write: contactWrite(id, 'Accounts payable'),
    })
  if (promised)
    list.push({
      ...proposed(
        `Keep a promise: ${textOr(promised.what, '')}`,
        `Promised on ${textOr(promised.at, 'an unknown day')} and still open (${textOr(promised.source, 'no source')}).`,
        'high',
        '2 days',
      ),
      draft_message: mail(to, 'What we promised', `we have not forgotten it: ${textOr(promised.what, '')}.`),
    })
  const [deal] = rowsOf(crm.open_deals)
  if (deal)
    list.push(
      proposed(
        `Bring "${textOr(deal.name, 'the deal')}" to its next stage`,
        `It is at ${textOr(deal.stage, '?')}.`,
        'medium',
        '1 day',
      ),
    )
  const site = rowsOf(memory.related).find(({ kind }) => kind === 'site')
  if (site)
    list.push({
      ...proposed(`Offer a pilot to ${textOr(site.name, '')}`, textOr(site.relation, ''), 'medium', '3 days'),
      write: {
        tool: 'create_deal',
        arguments: JSON.stringify({ account_id: id, name: `Pilot: ${textOr(site.name, '')}`, amount_usd: 10_000 }),
      },
    })
  list.push(
    proposed('Arrange a review of the year', healthLine(said), 'low', '2 hours'),
    proposed('Ask the daily users what they miss', 'SIMULATED: nobody has asked.', 'low', '1 hour'),
    proposed('Complete the data the CRM lacks', 'SIMULATED: a record is never complete.', 'low', '1 hour'),
  )
  return list.slice(0, Math.min(MOST, Math.max(FEWEST, list.length - 2)))
}

function proposed(action: string, why: string, priority: Proposed['priority'], effort: string): Proposed {
  return {
    ...{ action, rationale: `SIMULATED: ${why}`, priority, effort },
    outcome: 'SIMULATED: the next talk begins with good news',
    success_criteria: ['it is done within two weeks', 'the account says so'],
    draft_message: null,
    write: null,
  }
}

function healthLine(said: Said[]): string {
  const health = rowOf(jsonOf(said, 'account_health_score'))
  return `The health score is ${numberOr(health.overall_score, 'unknown')} (${textOr(health.health_status, 'unknown')}).`
}

const mail = (to: string, subject: string, text: string) => ({ to, subject, text: `SIMULATED draft. Hello, ${text}` })

function contactWrite(id: string, name: string): Proposed['write'] {
  const input = { account_id: id, name, email: `payable@${id.toLowerCase()}.example`, role: 'pays invoices' }
  return { tool: 'create_contact', arguments: JSON.stringify(input) }
}

function between(task: string, tag: string): string {
  return new RegExp(`<${tag}>\\n([\\s\\S]*?)\\n</${tag}>`).exec(task)?.[1] ?? ''
}
