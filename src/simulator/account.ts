// The simulated agents of an account review: they ask their tools what the real ones would and put together what the
// tools said, so that the example shows a whole review without a model. No judgement is in it, and it is labelled.
import { authorsReply } from './account-author.js'
import { memoryInsights } from './account-memory.js'
import { daysSince, numberOr, type Row, rowOf, rowsOf, textOr } from './records.js'
import type { ReplyBlock } from './reply.js'
import { type MessagesRequest, systemTexts } from './request.js'
import { callOf, jsonOf, parsed, type Said, saidByTools, taskOf } from './tool-talk.js'

const CRM = ['get_account', 'list_contacts', 'list_open_deals', 'list_activities', 'list_changes']
const MEMORY = ['search_account_history', 'get_account_timeline', 'get_related_entities']

/** Undefined for a request of anybody else. */
export function accountReply(request: MessagesRequest): ReplyBlock[] | undefined {
  const agent = /^You are the (Data Scout|Memory Analyst|Recommendation Author) of an account review/.exec(
    systemTexts(request).join('\n'),
  )?.[1]
  if (agent === undefined) return undefined
  const said = saidByTools(request)
  const task = taskOf(request)
  const account = accountIn(task)
  if (agent === 'Recommendation Author') return authorsReply(request, task, said)
  if (said.length === 0) {
    const asked = (agent === 'Data Scout' ? CRM : MEMORY).flatMap((tool) =>
      callOf(request, tool, { account_id: account }),
    )
    if (asked.length > 0) return asked
  }
  const answer = agent === 'Data Scout' ? crmSummary(account, said) : memoryInsights(said)
  return [{ type: 'text', text: JSON.stringify(answer) }]
}

/** The task names it in quotes. */
function accountIn(task: string): string {
  return String(parsed(/account ("(?:[^"\\]|\\.)*")/.exec(task)?.[1] ?? '') ?? '')
}

function crmSummary(id: string, said: Said[]) {
  const account = rowOf(jsonOf(said, 'get_account'))
  const contacts = rowsOf(jsonOf(said, 'list_contacts'))
  const contacted = contacts.flatMap(({ last_contact }) => daysSince(last_contact) ?? [])
  const now = new Date().toISOString()
  return {
    account: {
      id: textOr(account.id, id),
      name: textOr(account.name, id),
      owner: textOr(account.owner ?? account.owner_id, null),
      status: textOr(account.status, null),
      industry: textOr(account.industry, null),
      yearly_usd: numberOr(account.yearly_usd, null),
      renewal_date: textOr(account.renewal_date, null),
      payment_status: textOr(account.payment_status, null),
      engagement_score: numberOr(account.engagement_score, null),
      satisfaction_score: numberOr(account.satisfaction_score, null),
    },
    contacts: contacts.map((contact) => ({
      id: textOr(contact.id, ''),
      name: textOr(contact.name, ''),
      email: textOr(contact.email, null),
      role: textOr(contact.role, null),
      last_contact: textOr(contact.last_contact, null),
    })),
    open_deals: rowsOf(jsonOf(said, 'list_open_deals')).map((deal) => ({
      name: textOr(deal.name, ''),
      stage: textOr(deal.stage, ''),
      amount_usd: numberOr(deal.amount_usd, null),
      close_date: textOr(deal.close_date, null),
    })),
    activities: rowsOf(jsonOf(said, 'list_activities')).map((activity) => ({
      at: textOr(activity.at, ''),
      kind: textOr(activity.kind, ''),
      subject: textOr(activity.subject, ''),
      outcome: textOr(activity.outcome, null),
    })),
    changes: rowsOf(jsonOf(said, 'list_changes')).map((change) => ({
      at: textOr(change.at, ''),
      field: textOr(change.field, ''),
      before: textOr(change.before, null),
      after: textOr(change.after, null),
    })),
    days_since_contact: contacted.length > 0 ? Math.min(...contacted) : null,
    quality_flags: [...flagsOf(account, contacts), ...refusedOf(said)],
    sources: said.filter(({ isError }) => !isError).map(({ tool }) => ({ tool, at: now })),
  }
}

function flagsOf(account: Row, contacts: Row[]) {
  const empty = Object.entries(account).filter(([, value]) => value === null || value === '')
  return [
    ...empty.map(([field]) => ({ field, problem: 'SIMULATED: is empty' })),
    ...contacts
      .filter(({ email }) => textOr(email, '') === '')
      .map(({ id }) => ({ field: `contact ${textOr(id, '?')}`, problem: 'SIMULATED: has no address' })),
  ]
}

function refusedOf(said: Said[]) {
  return said
    .filter(({ isError }) => isError)
    .map(({ tool, text }) => ({ field: tool, problem: `SIMULATED: ${text.slice(0, 200)}` }))
}
