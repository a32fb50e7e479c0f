// What agents hand over is not believed: each promise that was made of it is looked at.
import { describe, expect, it } from 'vitest'
import { checkedCrm } from '../../../src/activities/account/crm-summary.js'
import { checkedInsights } from '../../../src/activities/account/insights.js'
import { checkedRecommendations } from '../../../src/activities/account/recommendations.js'
import { accountReport } from '../../../src/activities/account/report.js'
import type { AccountReview } from '../../../src/contracts/account.js'
import type { CrmSummary, HistoricalInsights, Recommendations } from '../../../src/contracts/schemas/account.js'

const TODAY = new Date('2026-11-21T12:00:00Z')

const crm = (more: Partial<CrmSummary> = {}): CrmSummary => ({
  account: {
    ...{ id: 'ACME', name: 'Acme Tools', owner: null, status: 'customer', industry: null, yearly_usd: 1000 },
    ...{ renewal_date: null, payment_status: 'overdue', engagement_score: 48, satisfaction_score: 71 },
  },
  ...{ contacts: [], open_deals: [], activities: [], changes: [], days_since_contact: 41, quality_flags: [] },
  sources: [{ tool: 'get_account', at: TODAY.toISOString() }],
  ...more,
})

const insights = (more: Partial<HistoricalInsights> = {}): HistoricalInsights => ({
  ...{ timeline: [], meetings: [], commitments: [], pain_points: [], wins: [] },
  sentiment: { trend: 'declining', why: 'fewer calls' },
  ...{ engagement_pattern: 'monthly', themes: [], follow_ups: [], related: [], citations: [] },
  ...more,
})

type One = Recommendations['recommendations'][number]
const one = (more: Partial<One> = {}): One => ({
  ...{ action: 'Call them', rationale: 'They are quiet.', priority: 'medium', effort: '1 hour', outcome: 'a date' },
  ...{ success_criteria: ['a date is set'], draft_message: null, write: null },
  ...more,
})
const HEALTH = {
  overall_score: 60,
  health_status: 'at_risk',
  components: { engagement: 48, financial: 40, satisfaction: 71 },
}
const FIGURES = [
  { tool: 'account_health_score', text: JSON.stringify(HEALTH), isError: false },
  { tool: 'risk_signals', text: '[]', isError: false },
]
const FOUND = { tool: 'mcp__crm__get_account', text: '{}', isError: false }
const scouted = (summary: CrmSummary, account = 'ACME', answers = [FOUND]) =>
  checkedCrm(summary, { account, today: TODAY, answers })
const refusal = (checked: object) => ('refused' in checked ? String(checked.refused) : 'accepted')

describe('a CRM summary', () => {
  it('about another account, or without sources, is refused', () => {
    expect(refusal(scouted(crm(), 'GLOBEX'))).toBe('it is about the account "ACME", not "GLOBEX"')
    expect(refusal(scouted(crm({ sources: [] }), 'acme'))).toContain('sources: is empty')
    expect(refusal(scouted(crm(), 'acme'))).toBe('accepted')
  })

  it('of an account that the CRM does not have is refused, whatever the model says of it', () => {
    const none = { ...FOUND, text: 'no account is called ACME', isError: true }
    expect(refusal(scouted(crm(), 'ACME', []))).toBe('get_account gave no account: not called')
    expect(refusal(scouted(crm(), 'ACME', [none]))).toBe('get_account gave no account: no account is called ACME')
    expect(refusal(scouted(crm(), 'ACME', [none, FOUND]))).toBe('accepted')
  })

  it('keeps 90 days of activities and 30 of changes, newest first, and says what it left out', () => {
    const activity = (at: string) => ({ at, kind: 'call', subject: at, outcome: null })
    const change = (at: string) => ({ at, field: at, before: null, after: null })
    const checked = scouted(
      crm({
        activities: ['2026-09-01', '2026-11-20', '2026-08-01', 'some day'].map(activity),
        changes: ['2026-10-01', '2026-11-01'].map(change),
      }),
    )
    if (!('value' in checked)) throw new Error(checked.refused)
    expect(checked.value.activities.map(({ at }) => at)).toEqual(['2026-11-20', '2026-09-01'])
    expect(checked.value.changes.map(({ at }) => at)).toEqual(['2026-11-01'])
    expect(checked.value.quality_flags.map(({ problem }) => problem)).toEqual([
      '2 left out: older than 90 days, or without a day',
      '1 left out: older than 30 days, or without a day',
    ])
  })
})

describe('insights', () => {
  const note = (at: string, source = 'note-1') => ({ at, what: `on ${at}`, source })

  it('are put in order, and one that cites nothing is refused', () => {
    const checked = checkedInsights(insights({ timeline: [note('2026-05-01'), note('2026-01-01')] }))
    if (!('value' in checked)) throw new Error(checked.refused)
    expect(checked.value.timeline.map(({ at }) => at)).toEqual(['2026-01-01', '2026-05-01'])
    expect(refusal(checkedInsights(insights({ wins: [note('2026-01-01', ' ')] })))).toBe(
      'wins: "on 2026-01-01" names no source',
    )
  })
})

describe('recommendations', () => {
  const check = (given: One[], figures = FIGURES) => checkedRecommendations({ recommendations: given }, figures)
  const draft = { to: 'a@acme.example', subject: 'A date', text: 'When?' }

  it('are 3 to 5, numbered by priority', () => {
    expect(refusal(check([one(), one()]))).toBe('got 2 recommendations, wanted 3 to 5')
    expect(refusal(check(Array.from({ length: 6 }, () => one())))).toContain('got 6')
    const checked = check([one({ priority: 'low' }), one({ priority: 'high', draft_message: draft }), one()])
    if (!('value' in checked)) throw new Error(checked.refused)
    expect(checked.value.recommendations.map(({ id, priority }) => [id, priority])).toEqual([
      ['r1', 'high'],
      ['r2', 'medium'],
      ['r3', 'low'],
    ])
    expect(checked.value).toMatchObject({ health: HEALTH, risks: [] })
  })

  it('of high priority bring a draft; all say how one sees that they worked', () => {
    expect(refusal(check([one({ priority: 'high' }), one(), one()]))).toContain('has no draft message')
    expect(refusal(check([one({ success_criteria: [] }), one(), one()]))).toContain('no success criteria')
  })

  it('write with the tools there are for it, and with arguments that are an object', () => {
    const write = (tool: string, input: string) => check([one({ write: { tool, arguments: input } }), one(), one()])
    expect(refusal(write('delete_account', '{}'))).toContain('wants delete_account; wanted one of create_contact')
    expect(refusal(write('create_deal', '[1]'))).toContain('write.arguments is no JSON object')
    expect(refusal(write('create_deal', '{"name":"x"}'))).toBe('accepted')
  })

  it('rest on figures that the tools gave, whatever the model says', () => {
    const three = [one(), one(), one()]
    expect(refusal(check(three, []))).toContain('account_health_score was not called')
    expect(refusal(check(three, FIGURES.slice(0, 1)))).toContain('risk_signals was not called')
    const failed = [{ tool: 'account_health_score', text: JSON.stringify(HEALTH), isError: true }, ...FIGURES.slice(1)]
    expect(refusal(check(three, failed))).toContain('account_health_score')
  })
})

describe('the report', () => {
  const review: AccountReview = {
    ...{ account_id: 'ACME', timestamp: TODAY.toISOString(), crm_summary: null, historical_insights: insights() },
    recommendations: [{ id: 'r1', ...one({ action: '# Call\n\n| them |' }) }],
    ...{ health: null, risks: [] },
    requires_approval: [
      { id: 'r1', tool: 'mcp__crm__create_deal', arguments: { name: 'a | b' }, status: 'skipped', note: 'no | thanks' },
    ],
    missing: [{ agent: 'scout', status: 'error', why: 'its server was away' }],
  }

  it('names what is missing first, and what became of the writes', () => {
    const report = accountReport(review, { title: 'account review of ACME', simulated: true })
    expect(report).toContain('> **SIMULATED**')
    expect(report).toContain('**Incomplete.**')
    expect(report).toContain('- Data Scout (error): its server was away')
    expect(report).toContain('| r1 | mcp__crm__create_deal | ')
    expect(report).toContain('skipped: no \\| thanks')
  })

  it('is not taken apart by what models wrote', () => {
    const report = accountReport(review, { title: 'x', simulated: false })
    expect(report.split('\n').filter((line) => line.startsWith('# '))).toEqual(['# x'])
  })
})
