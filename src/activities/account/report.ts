// The review for people to read, put together by code from what is there; it says what is missing, and SIMULATED when no
// model was asked.
import type { AccountReview, Health, PendingWrite, Recommendation } from '../../contracts/account.js'
import { block, cell, code, inline } from '../markdown.js'

const LONGEST = 600

export function accountReport(
  review: AccountReview,
  { title, simulated }: { title: string; simulated: boolean },
): string {
  const sections = [
    `# ${inline(title)}`,
    simulated && '> **SIMULATED**: the local simulator answered, no model was asked.',
    missing(review),
    `## Health\n\n${healthOf(review.health)}`,
    `## Risks\n\n${list(review.risks.map(({ severity, type, message }) => `**${inline(severity)}** (${inline(type)}): ${inline(message)}`))}`,
    `## Recommendations\n\n${review.recommendations.map(recommendation).join('\n\n') || 'None.'}`,
    writes(review.requires_approval),
    crm(review),
    history(review),
  ]
  return `${sections.filter(Boolean).join('\n\n')}\n`
}

function missing({ missing: gone }: AccountReview): string {
  if (gone.length === 0) return ''
  const lines = gone.map(({ agent, status, why }) => `${AGENTS[agent]} (${status}): ${inline(why)}`)
  return `**Incomplete.** Missing is what these would have handed over:\n\n${list(lines)}`
}

const AGENTS = { scout: 'Data Scout', memory: 'Memory Analyst', author: 'Recommendation Author' } as const

function healthOf(health: Health | null): string {
  if (!health) return 'Unknown.'
  const { engagement, financial, satisfaction } = health.components
  const status = health.health_status === 'healthy' ? 'healthy' : 'at risk'
  return `**${health.overall_score}**, ${status} (engagement ${engagement}, financial ${financial}, satisfaction ${satisfaction}).`
}

function recommendation(one: Recommendation): string {
  const { id, action, priority, rationale, effort, outcome, success_criteria, draft_message, write } = one
  return [
    `### ${inline(id)}: ${short(action)} (${priority})`,
    block(rationale),
    list([
      `Effort: ${inline(effort)}`,
      `Expected: ${short(outcome)}`,
      `Worked when: ${short(success_criteria.join('; '))}`,
      ...(write ? [`Change in the CRM: ${code(write.tool)}`] : []),
    ]),
    ...(draft_message
      ? [`Draft to ${short(draft_message.to)}, “${short(draft_message.subject)}”:\n\n${quoted(draft_message.text)}`]
      : []),
  ].join('\n\n')
}

const quoted = (text: string) =>
  block(text)
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')

function writes(pending: PendingWrite[]): string {
  if (pending.length === 0) return ''
  const rows = pending.map(
    ({ id, tool, arguments: input, status, note }) =>
      `| ${cell(id)} | ${cell(tool)} | ${cell(JSON.stringify(input).slice(0, LONGEST))} | ${status}${note ? `: ${cell(note.slice(0, LONGEST))}` : ''} |`,
  )
  return [
    '## Changes in the CRM',
    '',
    '| for | tool | arguments | outcome |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function crm({ crm_summary: summary }: AccountReview): string {
  if (!summary) return ''
  const { account, contacts, open_deals, activities, changes, quality_flags, sources } = summary
  const { name, owner, status, industry, yearly_usd, renewal_date, payment_status } = account
  const facts = {
    name,
    owner,
    status,
    industry,
    'USD a year': yearly_usd,
    renewal: renewal_date,
    payment: payment_status,
  }
  const known = Object.entries(facts).filter(([, value]) => value !== null)
  return [
    '## The account',
    list(known.map(([field, value]) => `${field}: ${short(String(value))}`)),
    `${contacts.length} contacts, ${activities.length} activities in 90 days, ${changes.length} changes in 30 days; read with ${sources.map(({ tool }) => code(tool)).join(', ')}.`,
    `Open deals:\n\n${list(open_deals.map((deal) => `${short(deal.name)}: ${short(deal.stage)}${deal.amount_usd === null ? '' : `, USD ${deal.amount_usd}`}`))}`,
    `To be completed in the CRM:\n\n${list(quality_flags.map(({ field, problem }) => `${short(field)}: ${short(problem)}`))}`,
  ].join('\n\n')
}

function history({ historical_insights: insights }: AccountReview): string {
  if (!insights) return ''
  const { sentiment, engagement_pattern, timeline, commitments, follow_ups } = insights
  const open = commitments.filter(({ status }) => status === 'open')
  return [
    '## What is remembered',
    `Mood: ${sentiment.trend} (${short(sentiment.why)}). ${short(engagement_pattern)}`,
    list(timeline.map(({ at, what, source }) => `${inline(at)}: ${short(what)} (${inline(source)})`)),
    `Open commitments:\n\n${list(open.map(({ by, what, source }) => `${by}: ${short(what)} (${inline(source)})`))}`,
    `To follow up:\n\n${list(follow_ups.map(({ what, why }) => `${short(what)} – ${short(why)}`))}`,
  ].join('\n\n')
}

function list(lines: string[]): string {
  return lines.length === 0 ? 'None.' : lines.map((line) => `- ${line}`).join('\n')
}

const short = (text: string) => inline(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)
