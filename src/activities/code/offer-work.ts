// What is put before a person at the end of the work: each agent's part with what shows it, the tests, the commits there
// will be. Bound to exactly these commits.
import type {
  CodePlan,
  CodeReport,
  OfferedWork,
  OfferWorkRequest,
  Piece,
  TestReport,
  WorkFile,
} from '../../contracts/code.js'
import type { Ref } from '../../contracts/refs.js'
import type { CallDeps } from '../call/deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keptPlan } from './keep.js'

/** One commit of each agent; `message`: all of it. */
export type PlannedCommit = { agent: string; message: string; pieces: Piece[] }

export function createOfferWork({ store }: CallDeps) {
  return async function offerWork(request: OfferWorkRequest): Promise<OfferedWork> {
    const { root, run, plan, base, commit, pieces, problems, tests } = request
    return readableStorageErrors(async () => {
      const planned = await keptPlan(store, plan)
      const reports = await reportsOf(request.reports)
      const commits = commitsOf(planned, pieces, reports, run.workflowId)
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
    })
  }

  async function reportsOf(refs: Record<string, Ref>): Promise<Map<string, CodeReport>> {
    const read = async ([agent, ref]: [string, Ref]) =>
      [agent, JSON.parse(await store.text(ref)) as CodeReport] as const
    return new Map(await Promise.all(Object.entries(refs).map(read)))
  }
}

function commitsOf(
  { stages }: CodePlan,
  pieces: Piece[],
  reports: Map<string, CodeReport>,
  run: string,
): PlannedCommit[] {
  return stages
    .flatMap(({ agents }) => agents)
    .flatMap(({ id, what, task }) => {
      const own = pieces.filter(({ agent }) => agent === id)
      const report = reports.get(id)
      if (own.length === 0 || report?.files.length === 0) return []
      const body = wrapped(report?.work || task)
      const message = `[${id}] ${what}\n\n${body}\n\nEnsemble-Run: ${run}\nEnsemble-Agent: ${id}\n`
      return [{ agent: id, message, pieces: own }]
    })
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
