// The stages of a coding run, one after the other, with a barrier between: a stage begins with what all before it made
// together. Whoever has worked already does not work again.
import { isCancellation } from '@temporalio/workflow'
import type { CodeWork, Piece } from '../../../contracts/code.js'
import { skipped } from '../calls/call.js'
import { stopRun } from '../run/interruption.js'
import { endItem } from '../run/run.js'
import { inRepository } from './activities.js'
import { agentWork, inOrder } from './agent-work.js'
import { type Again, type AgentName, tell, type Work } from './work.js'

type Stage = CodeWork['stages'][number]

/** @returns whether every agent has its work done; the stages behind one that has not are not begun. */
export async function runStages(work: Work): Promise<boolean> {
  const { run } = work
  for (const [index, stage] of work.code.work.stages.entries()) {
    const todo = stage.agents.filter(({ id }) => !work.done.has(id))
    if (todo.length > 0) {
      if (run.stopped) return false
      const began = Date.now()
      if (stage.mode === 'sequential') await oneByOne(work, todo)
      else await together(work, todo)
      work.workMs += Date.now() - began
    }
    const done = stage.agents.filter(({ id }) => work.done.has(id))
    if (todo.length > 0) tell(run, stageLine(index, stage, done.length))
    if (done.length < stage.agents.length) return false
  }
  return true
}

function stageLine(index: number, { agents }: Stage, done: number): string {
  return `Stage ${index + 1} ${done === agents.length ? 'complete' : 'incomplete'} (${done}/${agents.length})`
}

/** Those that have worked already work again, on all there is. */
export async function workAgain(work: Work, agents: AgentName[], again: (id: string) => Again): Promise<void> {
  for (const { id } of agents) {
    work.notes.set(id, again(id))
    work.run.interrupted.delete(id)
  }
  const began = Date.now()
  await together(work, agents)
  work.workMs += Date.now() - began
}

/** Each begins with what the one before it left; so nobody begins where that is not there. */
async function oneByOne(work: Work, agents: AgentName[]): Promise<void> {
  for (const agent of agents) {
    await together(work, [agent])
    if (!work.done.has(agent.id)) return
  }
}

async function together(work: Work, agents: AgentName[]): Promise<void> {
  const base = work.commit
  const queue = [...agents]
  const pieces: Piece[] = []
  const lane = async () => {
    for (let agent = queue.shift(); agent; agent = queue.shift()) {
      const again = work.notes.get(agent.id)
      work.notes.delete(agent.id)
      const piece = await agentWork(work, { agent, base, siblings: queue.length, ...(again && { again }) })
      if (piece?.files) pieces.push(piece.piece)
      if (piece) work.done.add(agent.id)
    }
  }
  const lanes = Array.from({ length: Math.min(work.concurrency, agents.length) }, () => orStopAll(work, lane))
  // All of them have ended before anything is cleared away.
  for (const lane of await Promise.allSettled(lanes)) if (lane.status === 'rejected') throw lane.reason
  if (pieces.length > 0) await combined(work, inOrder(work, pieces))
}

/** Where the repository refuses one, nobody goes on working at a run that fails. */
async function orStopAll({ run }: Work, lane: () => Promise<void>): Promise<void> {
  try {
    await lane()
  } catch (error) {
    if (!isCancellation(error)) stopRun(run)
    throw error
  }
}

/** The barrier: their work, put together. One whose work does not go with the others' is left out, by name. */
export async function combined(work: Work, pieces: Piece[]): Promise<void> {
  const at = new Date().toISOString()
  let left = pieces
  while (left.length > 0) {
    const together = await inRepository(work.code).combineWork({ ...work.of, onto: work.commit, pieces: left, at })
    if (together.kind === 'clean') {
      work.commit = together.commit
      work.pieces = [...work.pieces, ...left]
      return
    }
    const { agent, files } = together
    const message = `its work cannot be put together with the others': ${files.join(', ')}`
    work.problems[agent] = message
    tell(work.run, `[${agent}] ${message}`)
    endItem(work.run, { ...skipped(agent), status: 'error', error: { type: 'Conflict', message } }, 0)
    left = left.filter((piece) => piece.agent !== agent)
    if (!work.pieces.some((piece) => piece.agent === agent)) work.done.delete(agent)
  }
}
