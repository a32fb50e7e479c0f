// One agent's part: a working tree of its own, its thread, and then what it did, taken from the tree by code. One that
// fails, or leaves criteria open, is told so and works once more on what it has.
import { CancellationScope, CancelledFailure } from '@temporalio/workflow'
import type { CollectedWork, Piece } from '../../../contracts/code.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import { askAgent } from '../agent/agent-thread.js'
import { reservePart, settlePart } from '../budget/part.js'
import { skipped } from '../calls/call.js'
import { wasInterrupted } from '../run/interruption.js'
import { beginAgain, endItem } from '../run/run.js'
import { inRepository } from './activities.js'
import { type Again, type AgentName, agentsOf, tell, type Work } from './work.js'

const TRIES = 2

export type Part = {
  agent: AgentName
  /** Hash its changes are counted from. */
  base: string
  again?: Again
  /** Others that may start beside it: they share what is left of the budget. */
  siblings: number
}

/** `files`: how many changed. */
export type Worked = { piece: Piece; files: number }

/** @returns its work; undefined: it has none that could be built on. */
export async function agentWork(work: Work, part: Part): Promise<Worked | undefined> {
  let again = part.again
  let from = await beginning(work, part)
  for (let tries = 1; ; tries++) {
    const ended = await once(work, part, from, again)
    if (ended.kind === 'done') return ended.worked
    const last = tries === TRIES || ended.kind === 'stopped' || wasInterrupted(work.run, part.agent.id)
    // What is done in part is built on all the same: it is seen what is open.
    if (last) return ended.kind === 'open' ? ended.worked : undefined
    from = ended.worked?.piece.commit ?? from
    again = { note: ended.problem, by: 'failure' }
  }
}

/** Where an earlier run was stopped, it goes on. */
async function beginning(work: Work, { agent, base }: Part): Promise<string> {
  const partial = work.partial[agent.id]
  if (!partial) return base
  delete work.partial[agent.id]
  const at = new Date().toISOString()
  const begun = await inRepository(work.code).combineWork({ ...work.of, onto: base, pieces: [partial], at })
  return begun.kind === 'clean' ? begun.commit : base
}

/** `open`: criteria are not met. `stopped`: it is of no use to ask again. */
type Ended =
  | { kind: 'done'; worked: Worked }
  | { kind: 'open' | 'failed' | 'stopped'; worked?: Worked; problem: string }

async function once(work: Work, part: Part, from: string, again: Again | undefined): Promise<Ended> {
  const { run } = work
  const { id, model } = part.agent
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the run was cancelled')
  beginAgain(run, id)
  const money = await reservePart(run.budget, {
    ...{ share: 1 / (part.siblings + 1), label: id, dropped: () => wasInterrupted(run, id) },
  })
  if (typeof money === 'string') {
    const problem = money === 'rejected' ? 'a person allowed no more money' : 'it was stopped before it began'
    const status = money === 'interrupted' && !run.stopped ? ('interrupted' as const) : ('skipped' as const)
    endItem(run, { ...skipped(id), status }, 0)
    return { kind: 'stopped', problem: noted(work, id, problem) }
  }
  const attempt = (work.attempts.get(id) ?? 0) + 1
  work.attempts.set(id, attempt)
  const { openWorktree } = inRepository(work.code)
  const opening = work.opening.then(() =>
    // One that is cancelled while it is made would be there after all others are gone.
    CancellationScope.nonCancellable(() =>
      openWorktree({ ...work.of, agent: id, attempt, commit: from, ...(again && { again }) }),
    ),
  )
  work.opening = opening.catch(() => {})
  const { path, input, existing } = await opening
  const name = attempt === 1 ? id : `${id}.${attempt}`
  work.children.set(`${run.self.workflowId}/${name}`, { id, existing })
  tell(run, `[${id}] ${attempt === 1 ? 'started' : 'works again'} (${model})`)
  const began = Date.now()
  const budget = money.budgetUsd === undefined ? {} : { budgetUsd: money.budgetUsd }
  const answer = await askAgent(run, {
    ...{ item: id, name, input: { ...input, ...budget } },
    summary: `${id} of ${run.self.workflowId}`,
    taskQueue: work.code.host,
  })
  settlePart(money, answer.result.usd, answer.budget)
  const { savedUsd, output } = answer
  // Work and its check are two turns of one attempt.
  const result = { ...answer.result, attempts: 1 }
  work.times.push({ agent: id, ms: Date.now() - began, usage: result.usage, usd: result.usd })
  const problem = result.status === 'ok' ? undefined : (result.error?.message ?? 'it was interrupted')
  const collected = await CancellationScope.nonCancellable(() =>
    inRepository(work.code).collectWork({
      ...{ ...work.of, agent: id, attempt, base: part.base, path, at: new Date().toISOString() },
      earlier: work.pieces.filter((piece) => piece.agent === id),
      ...(output !== undefined && { output }),
      ...(problem !== undefined && { problem }),
    }),
  )
  work.reports[id] = collected.report
  for (const line of collected.lines) tell(run, line)
  return judged(work, { result, savedUsd, collected, problem })
}

type Done = { result: ItemResult; savedUsd: number | null; collected: CollectedWork; problem: string | undefined }

function judged(work: Work, { result, savedUsd, collected, problem }: Done): Ended {
  const { run } = work
  const { id } = result
  const { piece, unmet, work: said, files } = collected
  const worked = { piece, files }
  if (problem !== undefined) {
    endItem(run, result, savedUsd)
    return { kind: result.status === 'error' ? 'failed' : 'stopped', worked, problem: noted(work, id, problem) }
  }
  if (unmet.length > 0) {
    const message = `${unmet.length} of its criteria ${unmet.length === 1 ? 'is' : 'are'} not met: ${unmet.join('; ')}`
    endItem(run, { ...result, status: 'error', error: { type: 'Incomplete', message } }, savedUsd)
    return { kind: 'open', worked, problem: noted(work, id, message) }
  }
  delete work.problems[id]
  const tokens = result.usage.outputTokens
  tell(run, `[${id}] complete · ${collected.names || 'no files'} · ${said} · ${tokens} tokens`)
  endItem(run, { ...result, text: said }, savedUsd)
  return { kind: 'done', worked }
}

function noted(work: Work, id: string, problem: string): string {
  work.problems[id] = problem
  tell(work.run, `[${id}] ${problem}`)
  return problem
}

/** Pieces in the order of the plan, those of one agent in the order they came. */
export function inOrder(work: Work, pieces: Piece[]): Piece[] {
  const order = agentsOf(work).map(({ id }) => id)
  return [...pieces].sort((a, b) => order.indexOf(a.agent) - order.indexOf(b.agent))
}
