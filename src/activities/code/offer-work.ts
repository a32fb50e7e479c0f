// What is put before a person at the end of the work: each agent's part with what shows it, the tests, the commits there
// will be. The commits are made once, out of sight, so that what is shown is what they hold, and all of them together are
// the very state that was tested. Bound to exactly these commits.
import type { CodePlan, CodeReport, OfferedWork, OfferWorkRequest, TestReport, WorkFile } from '../../contracts/code.js'
import type { Ref, Root } from '../../contracts/refs.js'
import { visibleLine } from '../../contracts/visible.js'
import type { CallDeps } from '../call/deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { headOf } from '../texts.js'
import { repositoryErrors } from './errors.js'
import { keptCode, keptPlan, refOf } from './keep.js'
import { plainText } from './plain-text.js'
import { type PlannedCommit, plansOf } from './planned-commits.js'
import { rehearse } from './rehearse.js'
import { saidOfTests } from './said-of-tests.js'

const FAILING_SHOWN = 10

export function createOfferWork({ store }: CallDeps) {
  return async function offerWork(request: OfferWorkRequest): Promise<OfferedWork> {
    const { root, run, keep, plan, base, commit, pieces, problems, tests, at } = request
    return readableStorageErrors(() =>
      repositoryErrors(async () => {
        const planned = await keptPlan(store, plan)
        const { repository, identity } = await keptCode(store, keep)
        const said = await reportsOf(request.reports)
        const place = { repository: repository.top, identity, date: at, ref: refOf(root, 'offered') }
        const { commits, files } = await rehearse(place, {
          ...{ base, wanted: commit },
          plans: plansOf({ plan: planned, pieces, reports: said, run: run.workflowId }),
        })
        const reports = new Map([...said].map(([id, report]) => [id, { ...report, files: files.get(id) ?? [] }]))
        const ref = await store.put(root, JSON.stringify(commits))
        return {
          ...{ commits: ref, digest: digestOf(['work', base, commit, ref]), count: commits.length },
          reports: await keptReports(root, reports),
          lines: linesOf(planned, { reports, problems, commits, tests }),
          title: titleOf(commits.length, Object.keys(problems).length, tests),
        }
      }),
    )
  }

  async function reportsOf(refs: Record<string, Ref>): Promise<Map<string, CodeReport>> {
    const read = async ([agent, ref]: [string, Ref]) =>
      [agent, JSON.parse(await store.text(ref)) as CodeReport] as const
    return new Map(await Promise.all(Object.entries(refs).map(read)))
  }

  async function keptReports(root: Root, reports: Map<string, CodeReport>): Promise<Record<string, Ref>> {
    const put = async ([agent, report]: [string, CodeReport]) =>
      [agent, await store.put(root, JSON.stringify(report))] as const
    return Object.fromEntries(await Promise.all([...reports].map(put)))
  }
}

function titleOf(count: number, open: number, tests: TestReport | undefined): string {
  const many = `${count} commit${count === 1 ? '' : 's'}`
  const failed = open > 0 ? ` · ${open} of the agents did not finish` : ''
  return `create ${many}?${tests ? ` ${testsLine(tests)}` : ''}${failed}`
}

type Offered = {
  reports: Map<string, CodeReport>
  problems: Record<string, string>
  commits: PlannedCommit[]
  tests: TestReport | undefined
}

function linesOf({ stages }: CodePlan, { reports, problems, commits, tests }: Offered): string[] {
  return [
    ...stages.flatMap(({ agents }) => agents.flatMap(({ id }) => agentLines(id, reports.get(id), problems[id]))),
    testsLine(tests),
    ...failingLines(tests),
    'Commits to be created:',
    ...commits.map(({ message }) => `  ${message.split('\n')[0]}`),
  ]
}

function agentLines(id: string, report: CodeReport | undefined, problem: string | undefined): string[] {
  if (!report) return [`[${id}] has not worked${problem === undefined ? '' : `: ${problem}`}`]
  const { files, work, criteria, outside } = report
  const met = criteria.filter((one) => one.met).length
  return [
    `[${id}] ${plainText(work === '' ? report.what : work)}`,
    ...files.map((file) => `  ${file.change} ${visibleLine(file.path)}${sizeOf(file)}`),
    ...(criteria.length > 0 ? [`  ${met} of ${criteria.length} criteria shown`] : []),
    ...criteria
      .filter((one) => !one.met)
      .map(({ criterion, shown }) => `  not met: ${plainText(criterion)} (${plainText(shown)})`),
    ...(outside.length > 0
      ? [`  not taken, because not its own: ${outside.slice(0, 5).map(visibleLine).join(', ')}`]
      : []),
    ...(problem === undefined ? [] : [`  problem: ${problem}`]),
  ]
}

const sizeOf = ({ added, removed }: WorkFile) => (added === undefined ? '' : ` (+${added} −${removed ?? 0})`)

function testsLine(tests: TestReport | undefined): string {
  if (!tests) return 'Tests: not run'
  return `Tests: ${saidOfTests(tests)}`
}

/** Which of them, or why nobody knows. */
function failingLines(tests: TestReport | undefined): string[] {
  if (!tests || tests.ok) return []
  const { failing } = tests
  const more = failing.length - FAILING_SHOWN
  return [
    ...failing.slice(0, FAILING_SHOWN).map((name) => `  failing: ${headOf(name, 200)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
}
