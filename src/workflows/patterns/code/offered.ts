// The work is offered: what each agent did, what the tests say, which commits there will be. A person takes it, refuses
// it, or names agents and what to change; only they work again, on their own work, and it is offered anew.
import type { OfferedWork } from '../../../contracts/code.js'
import type { Decision } from '../../../contracts/messages.js'
import { question } from '../approvals/approval.js'
import { changed } from '../run/run.js'
import { inRepository } from './activities.js'
import { runStages, workAgain } from './stages.js'
import { testWork } from './tested.js'
import { agentsOf, type Work } from './work.js'

/** `unchanged`: all is done, and nothing had to be changed for it. `nothing`: there is no work to commit. */
export type Agreed =
  | { kind: 'agreed'; offered: OfferedWork }
  | { kind: 'rejected' | 'stopped' | 'nothing' | 'unchanged' }

export async function agreedWork(work: Work): Promise<Agreed> {
  const { run } = work
  for (;;) {
    const whole = await runStages(work)
    if (whole) await testWork(work)
    if (run.stopped) return { kind: 'stopped' }
    const none = { kind: whole ? ('unchanged' as const) : ('nothing' as const) }
    if (work.pieces.length === 0) return none
    const { of, base, commit, pieces, reports, problems, tests } = work
    const offered = await inRepository(work.code).offerWork({
      ...{ ...of, base, commit, pieces, reports, problems, at: new Date().toISOString() },
      ...(tests && whole && { tests }),
    })
    if (offered.count === 0) return none
    work.reports = offered.reports
    const decision = await asked(work, offered)
    if (!decision) return { kind: 'stopped' }
    if (decision.kind === 'approve') return { kind: 'agreed', offered }
    if (decision.kind === 'reject') {
      run.rejected = true
      return { kind: 'rejected' }
    }
    await changedBy(work, decision)
  }
}

async function asked(work: Work, { title, digest, lines }: OfferedWork): Promise<Decision | undefined> {
  const { run, code } = work
  const ids = agentsOf(work).map(({ id }) => id)
  const ending = await question(
    run,
    { name: 'work', title, digest, lines, work: { agents: ids }, ...(code.approvers && { approvers: code.approvers }) },
    { refuses: (decision) => whyRefused(decision, ids) },
  )
  run.state = run.paused ? 'paused' : 'running'
  changed(run)
  return ending.kind === 'answered' ? ending.decision : undefined
}

async function changedBy(work: Work, decision: Decision): Promise<void> {
  const notes = notesOf(
    decision,
    agentsOf(work).map(({ id }) => id),
  )
  const wanted = agentsOf(work).filter(({ id }) => notes.has(id))
  const again = (id: string) => ({ note: notes.get(id) ?? '', by: 'person' as const })
  const have = (id: string) => work.done.has(id)
  for (const { id } of wanted) if (!have(id)) work.notes.set(id, again(id))
  await workAgain(
    work,
    wanted.filter(({ id }) => have(id)),
    again,
  )
}

function whyRefused(decision: Decision, ids: string[]): string | undefined {
  if (decision.kind !== 'revise') return undefined
  const notes = notesOf(decision, ids)
  const wanted = 'wanted { "agents": { "<agent>": "what to change" } }, or a note with { "agents": ["<agent>"] }'
  if (notes.size === 0) return `revise names no agent; ${wanted}, of ${ids.join(', ')}`
  const unknown = [...notes.keys()].filter((id) => !ids.includes(id))
  if (unknown.length > 0) return `agents: ${unknown.join(', ').slice(0, 200)} is not among ${ids.join(', ')}`
  const empty = [...notes].find(([, note]) => note.trim() === '')
  return empty ? `agents: nothing is said of what ${empty[0]} is to change; ${wanted}` : undefined
}

/** Of one agent there is no need to say its name. */
function notesOf({ input, note = '' }: Decision, ids: string[]): Map<string, string> {
  const agents = typeof input === 'object' && input !== null && 'agents' in input ? input.agents : undefined
  if (Array.isArray(agents)) return new Map(agents.map((id) => [String(id), note]))
  if (typeof agents === 'object' && agents !== null)
    return new Map(Object.entries(agents).map(([id, said]) => [id, typeof said === 'string' ? said : note]))
  const [only, second] = ids
  return only !== undefined && second === undefined && note !== '' ? new Map([[only, note]]) : new Map()
}
