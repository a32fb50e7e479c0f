// Which way a piece of work should go. Calls without tools are cheap, fast and simple, so they are the answer until
// something needs a tool; then an agent is, and of the two engines ours until Claude Code's own loop is asked for.
import type { Engine } from '../contracts/agent.js'

/** What a piece of work needs: the rows of the decision matrix, and two that choose between equals. */
export const NEEDS = [
  'analysis',
  'perspectives',
  'files',
  'shell',
  'code execution',
  'sandbox',
  'turns with tools',
  'cost',
  'simple setup',
  'conversation',
  'claude code',
] as const
export type Need = (typeof NEEDS)[number]

/**
 * `parallel`: calls without tools. `thread`: a conversation without tools. `agent`: a thread with tools. `hybrid`: calls
 * look first, an agent acts on what they found.
 */
export type Route = {
  use: 'parallel' | 'thread' | 'agent' | 'hybrid'
  /** Of an agent. */
  engine?: Engine
  /** One line for each need, in the order they were given. */
  why: string[]
  /** How to start it. */
  command: string
}

type Side = { to: 'calls' | 'thread' | 'tools'; looks?: true; engine?: Engine; why: string }

const MATRIX: Record<Need, Side> = {
  analysis: { to: 'calls', looks: true, why: 'analysis and synthesis read what they are given: no tool is needed' },
  perspectives: { to: 'calls', looks: true, why: 'perspectives are independent calls, asked at the same time' },
  files: { to: 'tools', why: 'files are read and written by tools, in a workspace' },
  shell: { to: 'tools', why: 'commands are run by a tool, after permission' },
  'code execution': { to: 'tools', why: 'code runs in the shell tool, and its output comes back to the model' },
  sandbox: { to: 'tools', why: 'the shell tool of the built-in engine runs in a sandbox' },
  'turns with tools': { to: 'tools', why: 'an agent is a thread: each turn knows what its tools gave before' },
  cost: { to: 'calls', why: 'calls share their context through the prompt cache; tools send it again at each step' },
  'simple setup': { to: 'calls', why: 'calls need no workspace, no permissions and no approvals' },
  conversation: { to: 'thread', why: 'a thread keeps what was said, and costs nothing while nobody speaks' },
  'claude code': { to: 'tools', engine: 'agent-sdk', why: "Claude Code's own loop and prompt come with the Agent SDK" },
}

const COMMANDS: Record<Route['use'], string> = {
  parallel: 'ensemble run parallel --input items.json',
  thread: 'ensemble chat',
  agent: 'ensemble run agent <name> "<task>" --workspace .',
  hybrid: 'ensemble run review <paths> --fix',
}

/** What a piece of work with these needs should be. Throws RangeError for a need that is not in the matrix. */
export function route({ needs }: { needs: readonly Need[] }): Route {
  const sides = needs.map((need) => {
    if (!Object.hasOwn(MATRIX, need)) throw new RangeError(`needs: got "${need}"; wanted any of ${NEEDS.join(', ')}`)
    return MATRIX[need]
  })
  const use = useOf(sides)
  const engine = sides.find((side) => side.engine)?.engine ?? 'builtin'
  const tools = use === 'agent' || use === 'hybrid'
  return {
    use,
    ...(tools && { engine }),
    why: sides.map(({ why }) => why),
    command: `${COMMANDS[use]}${use === 'agent' && engine === 'agent-sdk' ? ' --engine agent-sdk' : ''}`,
  }
}

function useOf(sides: Side[]): Route['use'] {
  const tools = sides.some(({ to }) => to === 'tools')
  if (tools) return sides.some(({ looks }) => looks) ? 'hybrid' : 'agent'
  return sides.some(({ to }) => to === 'thread') ? 'thread' : 'parallel'
}

const SAYS: [Need, RegExp][] = [
  [
    'files',
    /\b(edit|fix|rewrite|refactor|rename|implement|apply|patch)\b|\b(write|create|delete|change)\b.*\bfiles?\b/i,
  ],
  ['shell', /\b(run|execute)\b.*\b(tests?|commands?|scripts?|build|linter|npm|git|make)\b|\bcommit\b|\binstall\b/i],
]

/** What a task in words plainly asks for; what it does not say is not guessed. */
export function needsOf(task: string): Need[] {
  return SAYS.flatMap(([need, says]) => (says.test(task) ? [need] : []))
}
