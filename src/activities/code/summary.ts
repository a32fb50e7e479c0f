// The summary as people read it: what was done, by whom, what it took, and what it saved, as measured.
import type { FinishCodeRequest, FinishedCode } from '../../contracts/code.js'
import type { Usd } from '../../contracts/usage.js'
import { inline } from '../markdown.js'

type Facts = Omit<FinishedCode, 'summary'>

export function summaryOf(request: FinishCodeRequest, facts: Facts): string {
  const { title, server, totalMs, problem, problems } = request
  const { plan, reports, commits, tests, savings } = facts
  const agents = plan.stages.flatMap((stage) => stage.agents)
  const files = reports.flatMap((report) => report.files)
  const count = (change: string) => files.filter((file) => file.change === change).length
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
  const { passed, total, ok, exitCode } = tests
  if (passed !== undefined && total !== undefined) return `${passed}/${total} passing${ok ? '' : ' (failed)'}`
  return ok ? 'passed' : `failed (exit code ${exitCode ?? 'none'})`
}

function timeOf({ time: { togetherMs, oneByOneMs, percent } }: Facts['savings']): string {
  return `${durationOf(togetherMs)} together, ${durationOf(oneByOneMs)} one after another (${percent} % saved, measured)`
}

function costOf({ cost: { model, usd, plannedUsd, percent } }: Facts['savings']): string {
  const saved = percent === null ? '' : ` (${percent} % saved)`
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
