// What is put before a person at the end of the work: each agent's part with what shows it, the tests, the commits there
// will be. Bound to exactly these commits.
import type {
  CodeAgent,
  CodePlan,
  CodeReport,
  OfferedWork,
  OfferWorkRequest,
  Piece,
  TestReport,
  WorkFile,
} from '../../contracts/code.js'
import type { Ref } from '../../contracts/refs.js'
import { buildCommits } from '../../git/code/commits.js'
import { sameTree } from '../../git/code/trees.js'
import type { CallDeps } from '../call/deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { repositoryErrors } from './errors.js'
import { keptCode, keptPlan, refOf } from './keep.js'

/** One commit of each agent; `message`: all of it. */
export type PlannedCommit = { agent: string; message: string; pieces: Piece[] }

export function createOfferWork({ store }: CallDeps) {
  return async function offerWork(request: OfferWorkRequest): Promise<OfferedWork> {
    const { root, plan, base, commit, problems, tests } = request
    return readableStorageErrors(() =>
      repositoryErrors(async () => {
        const planned = await keptPlan(store, plan)
        const reports = await reportsOf(request.reports)
        const commits = await buildable(request, planned, reports)
        const ref = await store.put(root, JSON.stringify(commits))
        const lines = [
          ...planned.stages.flatMap(({ agents }) =>
            agents.flatMap(({ id }) => agentLines(id, reports.get(id), problems[id])),
          ),
          testsLine(tests),
          'Commits to be created:',
          ...commits.map(({ message }) => `  ${message.split('\n')[0]}`),
        ]
        const many = `${commits.length} commit${commits.length === 1 ? '' : 's'}`
        const open = Object.keys(problems).length
        return {
          ...{ commits: ref, digest: digestOf(['work', base, commit, ref]), lines, count: commits.length },
          title: `create ${many}?${tests ? ` ${testsLine(tests)}` : ''}${open > 0 ? ` · ${open} of the agents did not finish` : ''}`,
        }
      }),
    )
  }

  /**
   * Made once to see that they can be, and that they come to what was tested. Where a later piece of an agent rests on
   * another agent's work, it is a commit of its own behind them.
   */
  async function buildable(
    { root, run, keep, base, commit, pieces, at }: OfferWorkRequest,
    planned: CodePlan,
    reports: Map<string, CodeReport>,
  ): Promise<PlannedCommit[]> {
    const { repository, identity } = await keptCode(store, keep)
    const tried: string[] = []
    for (const commits of [
      onePerAgent(planned, pieces, reports, run.workflowId),
      onePerPiece(planned, pieces, reports, run.workflowId),
    ]) {
      const built = await buildCommits({
        ...{ repository: repository.top, onto: base, plans: commits, ref: refOf(root, 'offered'), date: at, identity },
      })
      if (built.kind === 'built' && (await sameTree(repository.top, built.tip, commit)))
        return built.commits.flatMap(({ plan }) => commits[plan] ?? [])
      tried.push(built.kind === 'conflict' ? `conflict in ${built.files.join(', ')}` : 'another tree than was tested')
    }
    throw new Error(`the work cannot be made into commits: ${tried.join('; ')}`)
  }

  async function reportsOf(refs: Record<string, Ref>): Promise<Map<string, CodeReport>> {
    const read = async ([agent, ref]: [string, Ref]) =>
      [agent, JSON.parse(await store.text(ref)) as CodeReport] as const
    return new Map(await Promise.all(Object.entries(refs).map(read)))
  }
}

/** In the order of the plan, each with all of its pieces. */
function onePerAgent(plan: CodePlan, pieces: Piece[], reports: Map<string, CodeReport>, run: string): PlannedCommit[] {
  return plan.stages
    .flatMap(({ agents }) => agents)
    .flatMap((agent) => {
      const own = pieces.filter((piece) => piece.agent === agent.id)
      return own.length === 0 ? [] : [commitOf(agent, own, reports, run)]
    })
}

/** First pieces in the order of the plan, then those that came later. */
function onePerPiece(plan: CodePlan, pieces: Piece[], reports: Map<string, CodeReport>, run: string): PlannedCommit[] {
  const agents = plan.stages.flatMap((stage) => stage.agents)
  const rounds = Math.max(...agents.map(({ id }) => pieces.filter(({ agent }) => agent === id).length))
  return Array.from({ length: rounds }, (_, round) =>
    agents.flatMap((agent) => {
      const piece = pieces.filter((one) => one.agent === agent.id)[round]
      return piece ? [commitOf(agent, [piece], reports, run)] : []
    }),
  ).flat()
}

function commitOf(
  { id, what, task }: CodeAgent,
  pieces: Piece[],
  reports: Map<string, CodeReport>,
  run: string,
): PlannedCommit {
  const body = wrapped(reports.get(id)?.work || task)
  const trailers = `Ensemble-Run: ${run.replace(/\p{Cc}/gu, ' ')}\nEnsemble-Agent: ${id}`
  return { agent: id, message: `[${id}] ${what}\n\n${body}\n\n${trailers}\n`, pieces }
}

/** As git's own tools show it best; nothing in it looks like a trailer. */
function wrapped(text: string): string {
  const words = text.replace(/^([\w-]+): /gm, '$1 - ').split(/\s+/)
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < 72) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}

function agentLines(id: string, report: CodeReport | undefined, problem: string | undefined): string[] {
  if (!report) return [`[${id}] has not worked${problem === undefined ? '' : `: ${problem}`}`]
  const { files, work, criteria, outside } = report
  const met = criteria.filter((one) => one.met).length
  return [
    `[${id}] ${work === '' ? report.what : work}`,
    ...files.map((file) => `  ${file.change} ${file.path}${sizeOf(file)}`),
    ...(criteria.length > 0 ? [`  ${met} of ${criteria.length} criteria shown`] : []),
    ...criteria.filter((one) => !one.met).map(({ criterion, shown }) => `  not met: ${criterion} (${shown})`),
    ...(outside.length > 0 ? [`  not taken, because not its own: ${outside.slice(0, 5).join(', ')}`] : []),
    ...(problem === undefined ? [] : [`  problem: ${problem}`]),
  ]
}

const sizeOf = ({ added, removed }: WorkFile) => (added === undefined ? '' : ` (+${added} −${removed ?? 0})`)

function testsLine(tests: TestReport | undefined): string {
  if (!tests) return 'Tests: not run'
  const { ok, passed, total, exitCode } = tests
  const count = passed !== undefined && total !== undefined ? `${passed}/${total} ` : ''
  return `Tests: ${count}${ok ? 'passing' : `failing (exit code ${exitCode ?? 'none'})`}`
}
