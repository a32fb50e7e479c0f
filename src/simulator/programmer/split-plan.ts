// A program's plan the way a request splits it: one agent for each part it names, with the files of the program's agents
// that part is about. Where the parts and the program are not about the same, there is none.
import { basename } from 'node:path'
import type { Plan, Planned } from './program.js'

/** Undefined where an agent of the plan is of no part, or a part of no agent. */
export function splitPlan(plan: Plan, parts: string[]): Plan | undefined {
  const shares = parts.map((part) => ({
    part,
    words: wordsOf(part),
    agents: [] as { agent: Planned; stage: number }[],
  }))
  for (const [stage, { agents }] of plan.stages.entries())
    for (const agent of agents) {
      const share = shares.find(({ words }) => agent.files.some((file) => wordsOf(basename(file)).some(isOf(words))))
      if (!share) return undefined
      share.agents.push({ agent, stage })
    }
  if (shares.some(({ agents }) => agents.length === 0)) return undefined
  const merged = shares.map(({ agents }) => {
    const last = agents.reduce((one, other) => (other.stage >= one.stage ? other : one))
    return { stage: last.stage, agent: mergedOf(last.agent, agents) }
  })
  const stages = plan.stages.map((stage, index) => {
    return { ...stage, agents: merged.filter((one) => one.stage === index).map(({ agent }) => agent) }
  })
  return { ...plan, stages: stages.filter(({ agents }) => agents.length > 0) }
}

/** The last one's task first: by it the agent is known again. */
function mergedOf(last: Planned, agents: { agent: Planned }[]): Planned {
  const others = agents.map(({ agent }) => agent).filter((agent) => agent !== last)
  const all = [last, ...others]
  const sum = (field: string) => all.reduce((total, agent) => total + Number(agent[field] ?? 0), 0)
  return {
    ...last,
    task: all.map(({ task }) => task).join('\n'),
    files: [...new Set(all.flatMap(({ files }) => files))],
    criteria: [...new Set(all.flatMap(({ criteria }) => criteria))],
    ...{ tokens: sum('tokens'), minutes: Math.round(sum('minutes') * 10) / 10 },
  }
}

/** Without a plural's "s", so that tests and test.js are about the same. */
const wordsOf = (text: string) => (text.toLowerCase().match(/[a-z]{3,}/g) ?? []).map((word) => word.replace(/s$/, ''))
const isOf = (words: string[]) => (word: string) => words.includes(word)
