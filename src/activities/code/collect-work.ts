// What an agent did, taken from its working tree by code and not from its word: the changes of its own files become a
// commit beside the branch, and for every criterion it is noted what the agent says shows it.
import type { CodeReport, CollectedWork, CollectWorkRequest, Criterion, WorkFile } from '../../contracts/code.js'
import { isTextRef, type Root } from '../../contracts/refs.js'
import { ProgrammerReport } from '../../contracts/schemas/index.js'
import { collectWork as collect } from '../../git/code/work.js'
import { removeWorktree } from '../../git/code/worktree.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { headOf } from '../texts.js'
import { repositoryErrors } from './errors.js'
import { agentOf, keptCode, keptPlan, refOf } from './keep.js'
import { type PieceRecord, pieceRecord } from './record.js'

const WORK_CHARACTERS = 300
const NAMES = 5

export function createCollectWork({ store }: CallDeps) {
  return async function collectWork(request: CollectWorkRequest): Promise<CollectedWork> {
    const { root, run, keep, plan, agent, attempt, base, path, earlier, at, output, problem } = request
    return readableStorageErrors(() =>
      repositoryErrors(async () => {
        const { repository, identity, options } = await keptCode(store, keep)
        const own = agentOf(await keptPlan(store, plan), agent)
        const name = `piece ${agent} ${run.firstRunId} ${attempt}`
        // A second attempt of this activity may come when the tree is gone.
        const noted = (await store.read(root, name)) as CollectedWork | undefined
        if (noted) return noted
        const { commit, files, outside } = await collect({
          ...{ repository: repository.top, path, base, owned: own.files, identity, date: at },
          ...{
            ref: refOf(root, `${agent} ${run.firstRunId.slice(0, 8)} ${attempt}`),
            message: `${agent}: ${own.what}`,
          },
        })
        const said = await readReport(output)
        const criteria = own.criteria.map((criterion) => shownOf(criterion, said))
        const report: CodeReport = {
          ...{
            agent,
            what: own.what,
            work: said?.work ?? (problem === undefined ? own.what : ''),
            files: earlier.length > 0 ? together(await filesBefore(root, agent), files) : files,
            criteria,
            outside,
          },
          ...(problem !== undefined && { problem }),
        }
        const ref = await store.put(root, JSON.stringify(report))
        const unmet = criteria.filter(({ met }) => !met).map(({ criterion }) => headOf(criterion, 120))
        const collected: CollectedWork = {
          ...{ piece: { agent, base, commit }, report: ref, files: files.length, unmet },
          ...{ lines: linesOf(agent, outside), names: namesOf(files), work: report.work },
        }
        const done = problem === undefined && unmet.length === 0
        const pieces = [...earlier, collected.piece]
        await store.note(root, pieceRecord(agent), { pieces, report: ref, done } satisfies PieceRecord)
        await store.note(root, name, collected)
        if (!options.keep) await removeWorktree({ repository: repository.top, path })
        return collected
      }),
    )
  }

  async function filesBefore(root: Root, agent: string): Promise<WorkFile[]> {
    const record = (await store.read(root, pieceRecord(agent))) as PieceRecord | undefined
    return record ? (JSON.parse(await store.text(record.report)) as CodeReport).files : []
  }

  async function readReport(output: unknown): Promise<ProgrammerReport | undefined> {
    const given = isTextRef(output) ? (JSON.parse(await store.text(output.ref)) as unknown) : output
    const parsed = ProgrammerReport.safeParse(given)
    if (!parsed.success) return undefined
    return { ...parsed.data, work: headOf(parsed.data.work.replace(/\s+/g, ' ').trim(), WORK_CHARACTERS) }
  }
}

/** What it was before and what it is now; lines that changed twice are not counted. */
function together(before: WorkFile[], now: WorkFile[]): WorkFile[] {
  const merged = new Map(before.map((file) => [file.path, file]))
  for (const file of now) {
    const { change = file.change } = merged.get(file.path) ?? {}
    const twice = merged.has(file.path)
    merged.set(file.path, twice ? { path: file.path, change: file.change === 'deleted' ? 'deleted' : change } : file)
  }
  return [...merged.values()]
}

/** In the assignment's words, whatever the agent made of them; what it does not speak of is not shown. */
function shownOf(criterion: string, said: ProgrammerReport | undefined): Criterion {
  const plain = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase()
  const found = said?.criteria.find((one) => plain(one.criterion) === plain(criterion))
  if (!found) return { criterion, met: false, shown: 'nothing was said of it' }
  const shown = headOf(found.shown.replace(/\s+/g, ' ').trim(), WORK_CHARACTERS)
  // What is met by nobody's showing is not met.
  return { criterion, met: found.met && shown !== '', shown: shown === '' ? 'nothing shows it' : shown }
}

/** What a person who watches must know of it. */
function linesOf(agent: string, outside: string[]): string[] {
  return outside.length > 0 ? [`[${agent}] not taken, because not its own: ${outside.slice(0, 5).join(', ')}`] : []
}

function namesOf(files: WorkFile[]): string {
  const shown = files.slice(0, NAMES).map(({ path }) => path.slice(0, 100))
  return [...shown, ...(files.length > NAMES ? [`and ${files.length - NAMES} more`] : [])].join(', ')
}
