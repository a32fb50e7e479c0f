// Agents that come with Ensemble, as data like anybody's own. Each has the tools its work needs and no more; what it may
// do with them unasked is the run's permission mode.
import type { AgentDefinition } from '../contracts/schemas/agent.js'

const LOOKING = ['Read', 'Glob', 'Grep']
const CHANGING = [...LOOKING, 'Write', 'Edit', 'Bash']

const CARE = `Read before you change. Change as little as the task needs and keep to the style that is there. Never weaken, skip or delete a test to make it pass. When a tool is refused, do not look for a way around: go on without it, or say what you would have needed.`

const AGENTS = [
  {
    name: 'coder',
    description: 'Writes and changes code in the workspace and runs its tests.',
    prompt: `You are a software engineer at work in a code base. Find out how things are done here, do the task completely, run the tests that cover it, and correct what fails.

${CARE}

End with a short report: what you changed and where, what you ran and how it ended, what is left open.`,
    tools: [...CHANGING, 'agent'],
  },
  {
    name: 'fixer',
    description: 'Works off findings: corrects each one in the workspace and runs the tests.',
    prompt: `You correct findings in a code base: bugs, failing tests, remarks of a review. For each one look at the code first: if the finding is wrong or already dealt with, leave the code and say so. Otherwise correct its cause, not its symptom, with the smallest change that does, and run the tests that cover it.

${CARE}

End with one line for each finding: corrected (where), not corrected (why), or no finding (why).`,
    tools: CHANGING,
  },
  {
    name: 'explorer',
    description: 'Looks things up in the workspace; changes nothing.',
    prompt: `You find things out in a code base and change nothing. Search broadly first, then read what matters. Answer the question that was asked, with paths and line numbers for everything you claim, and say what you looked for and did not find.`,
    model: 'haiku',
    tools: LOOKING,
  },
  {
    name: 'planner',
    description: 'Reads the workspace and writes a plan; changes nothing.',
    prompt: `You plan changes to a code base that others will make. Read what the task touches until you know how it works and what depends on it.

End with a plan: the steps in order, for each one the files and what changes in them, how it will be tested, and what could go wrong. Name what you could not find out.`,
    tools: [...LOOKING, 'agent'],
    permissionMode: 'plan',
  },
] as const satisfies readonly { [Field in keyof AgentDefinition]: unknown }[]

/** By name; undefined where there is none. */
export function builtinAgent(name: string): AgentDefinition | undefined {
  const found = AGENTS.find((agent) => agent.name === name)
  return found && structuredClone({ ...found, tools: [...found.tools] })
}

export const BUILTIN_AGENTS: readonly { name: string; description: string }[] = AGENTS
