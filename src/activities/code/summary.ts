// The summary as people read it: what was done, by whom, what it took, and what it saved, as measured.
import type { FinishCodeRequest, FinishedCode } from '../../contracts/code.js'
import type { Usd } from '../../contracts/usage.js'
import { inline } from '../markdown.js'
import { saidOfTests } from './said-of-tests.js'

const FAILING_SHOWN = 10

type Facts = Omit<FinishedCode, 'summary'>

export function summaryOf(request: FinishCodeRequest, facts: Facts): string {
  const { title, server, totalMs, problem, problems } = request
  const { plan, reports, commits, tests, savings } = facts
  const agents = plan.stages.flatMap((stage) => stage.agents)
  const changes = [...changesIn(reports).values()]
  const count = (change: string) => changes.filter((one) => one === change).length
  return [
    `# ${inline(title)}`,
    ...(server === 'simulated' ? ['SIMULATED: no model was asked.'] : []),
    [
      `Duration: ${durationOf(totalMs)} | Agents: ${agents.length}`,
      `Files: ${count('created')} created, ${count('changed')} changed, ${count('deleted')} deleted`,
      `Tests: ${testsOf(tests)}`,
      `Time: ${timeOf(savings)}`,
      `Cost: ${costOf(savings)}`,
    ].join('\n\n'),
    '## Work',
    ...reports.map((report) =>
      [
        `**[${inline(report.agent)}]** ${inline(report.work === '' ? report.what : report.work)}`,
        ...report.files.map(
          ({ path, change, added, removed }) =>
            `- ${change} ${inline(path)}${added === undefined ? '' : ` (+${added} −${removed ?? 0})`}`,
        ),
        ...report.criteria.map(
          ({ criterion, met, shown }) => `- ${met ? 'met' : 'NOT MET'}: ${inline(criterion)} (${inline(shown)})`,
        ),
      ].join('\n'),
    ),
    ...Object.entries(problems).map(([agent, why]) => `**[${inline(agent)}]** did not finish: ${inline(why)}`),
    '## Commits',
    commits.length === 0
      ? `none${problem === undefined ? '' : `: ${inline(problem)}`}`
      : commits.map(({ commit, subject }) => `- ${commit.slice(0, 7)} ${inline(subject)}`).join('\n'),
    '## Tokens',
    tokenTable(facts),
  ].join('\n\n')
}

function testsOf(tests: Facts['tests']): string {
  if (!tests) return 'not run'
  const { ok, failing } = tests
  const names = failing.slice(0, FAILING_SHOWN).map((name) => inline(name.slice(0, 200)))
  const more = failing.length > names.length ? ` and ${failing.length - names.length} more` : ''
  return `${inline(saidOfTests(tests))}${ok || names.length === 0 ? '' : `: ${names.join(', ')}${more}`}`
}

/** A file that several changed counts once, as what it is to the repository. */
function changesIn(reports: Facts['reports']): Map<string, string> {
  const changes = new Map<string, string>()
  for (const { path, change } of reports.flatMap((report) => report.files)) {
    const before = changes.get(path)
    if (before === 'created' && change === 'deleted') changes.delete(path)
    else if (before === 'deleted' && change === 'created') changes.set(path, 'changed')
    else if (before !== 'created') changes.set(path, change)
  }
  return changes
}

function timeOf({ time: { togetherMs, oneByOneMs, percent } }: Facts['savings']): string {
  return `${durationOf(togetherMs)} together, ${durationOf(oneByOneMs)} one after another (${saidOf(percent)}, measured)`
}

const saidOf = (percent: number) => (percent < 0 ? `${-percent} % more` : `${percent} % saved`)

function costOf({ cost: { model, usd, plannedUsd, percent } }: Facts['savings']): string {
  const saved = percent === null ? '' : ` (${saidOf(percent)})`
  return `${dollars(usd)} by the agents, ${dollars(plannedUsd)} for the same tokens on ${model}${saved}`
}

function tokenTable({ tokens }: Facts): string {
  const sum = (of: 'inputTokens' | 'outputTokens') => tokens.reduce((all, one) => all + one[of], 0)
  const total = tokens.reduce<Usd>((all, { usd }) => (all === null || usd === null ? null : all + usd), 0)
  return [
    '| model | prompt | answers | cost |',
    '| :-- | --: | --: | --: |',
    ...tokens.map(
      ({ model, inputTokens, outputTokens, usd }) =>
        `| ${model} | ${inputTokens} | ${outputTokens} | ${dollars(usd)} |`,
    ),
    `| total | ${sum('inputTokens')} | ${sum('outputTokens')} | ${dollars(total)} |`,
  ].join('\n')
}

/** Escaped: two dollar signs on a line are mathematics to some readers of Markdown. */
const dollars = (usd: Usd) => (usd === null ? 'unknown' : `\\$${usd.toFixed(4)}`)

export function durationOf(ms: number): string {
  const seconds = ms / 1000
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
