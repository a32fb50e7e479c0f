// Which commits there will be: one of each agent, in the order of the plan. Where an agent was asked again after others had
// built upon its work, its part may not fit there as a whole: then each part comes when it was done.
import type { CodePlan, CodeReport, Piece } from '../../contracts/code.js'
import { plainText } from './plain-text.js'

/** `message`: all of it. */
export type PlannedCommit = { agent: string; message: string; pieces: Piece[] }
export type CommitPlans = { byAgent: PlannedCommit[]; inTurn: PlannedCommit[] }

/** @param of `pieces`: in the order they were put together. */
export function plansOf(of: {
  plan: CodePlan
  pieces: Piece[]
  reports: Map<string, CodeReport>
  run: string
}): CommitPlans {
  const agents = of.plan.stages.flatMap(({ agents }) => agents)
  const messageOf = (id: string, again: string) => {
    const { what = id, task = '' } = agents.find((agent) => agent.id === id) ?? {}
    const body = wrapped(of.reports.get(id)?.work || task)
    const trailers = `Ensemble-Run: ${of.run.replace(/\p{Cc}/gu, ' ')}\nEnsemble-Agent: ${id}`
    return `[${id}] ${what}${again}\n\n${body}\n\n${trailers}\n`
  }
  const ownOf = (id: string) => of.pieces.filter(({ agent }) => agent === id)
  return {
    byAgent: agents.flatMap(({ id }) => {
      const pieces = ownOf(id)
      return pieces.length === 0 ? [] : [{ agent: id, message: messageOf(id, ''), pieces }]
    }),
    inTurn: of.pieces.map((piece) => {
      const again = ownOf(piece.agent).indexOf(piece) > 0 ? ', again' : ''
      return { agent: piece.agent, message: messageOf(piece.agent, again), pieces: [piece] }
    }),
  }
}

/** As git's own tools show it best; nothing in it looks like a trailer. */
function wrapped(text: string): string {
  const words = plainText(text.replace(/^([\w-]+): /gm, '$1 - ')).split(/\s+/)
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < 72) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}
