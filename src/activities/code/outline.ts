// A plan as people read it before they say yes: stages, agents, files, dollars, minutes side by side and one after another,
// and whether a team is worth it at all.
import type { CodePlan } from '../../contracts/code.js'
import { visibleLine } from '../../contracts/visible.js'
import type { CodeKeep } from './keep.js'

const TEAM_FILES = 3

export function outlineOf({ summary, stages }: CodePlan, { test, options }: CodeKeep): string[] {
  const agents = stages.flatMap((stage) => stage.agents)
  const oneByOne = agents.reduce((sum, { minutes }) => sum + minutes, 0)
  const together = stages.reduce((sum, { mode, agents: own }) => {
    const each = own.map(({ minutes }) => minutes)
    return sum + (mode === 'parallel' ? Math.max(...each) : each.reduce((a, b) => a + b, 0))
  }, 0)
  return [
    ...(summary === '' ? [] : [summary]),
    ...stages.flatMap(({ title, mode, agents: own }, index) => [
      `Stage ${index + 1} · ${title} (${mode})`,
      ...own.map(
        ({ id, what, files, minutes, usd }) =>
          `  [${id}] ${what} · ${files.map(visibleLine).join(', ')} · ${minutesOf(minutes)} · ${usd === null ? 'price unknown' : `$${usd.toFixed(4)}`}`,
      ),
    ]),
    `${minutesOf(together)} side by side, ${minutesOf(oneByOne)} one after another`,
    test === undefined
      ? 'No tests are run: no command for them was found or given'
      : `Tests: ${test}${options.allowUnsandboxed ? ', without a sandbox' : ''}`,
  ]
}

export function adviceOn({ stages }: CodePlan): string[] {
  const agents = stages.flatMap((stage) => stage.agents)
  const files = new Set(agents.flatMap((agent) => agent.files)).size
  if (files >= TEAM_FILES || agents.length < 2) return []
  return [
    `Advice: ${files} file${files === 1 ? '' : 's'} need no team: one agent does it cheaper (ensemble run agent coder)`,
  ]
}

const minutesOf = (minutes: number) => `${Number.isInteger(minutes) ? minutes : minutes.toFixed(1)} min`
