// An agent in hand: a thread that was given one. The agent itself, a file perhaps, is read when the first message makes
// the thread; whoever opens it later by its id needs neither the file nor the options.
import { resolve } from 'node:path'
import type { AgentDefinition } from '../contracts/schemas/agent.js'
import { resolveAgent } from './agent.js'
import { InvalidInputError } from './errors.js'
import { checkRunId, newRunId } from './run-id.js'
import type { Server } from './server.js'
import type { ThreadOptions } from './thread/opening.js'
import { type Thread, threadHandle } from './thread/thread.js'

/** `id`: of the thread. `workspace`: the directory it works in, seen from here. `cwd`: where files are looked for. */
export type AgentOptions = Omit<ThreadOptions, 'agent' | 'parent'> & { id?: string; cwd?: string }

export function agentThread(
  server: Server,
  agent: string | AgentDefinition | { id: string },
  { id: given, cwd = process.cwd(), ...options }: AgentOptions = {},
): Thread {
  if (typeof agent === 'object' && 'id' in agent) {
    if (given !== undefined || Object.keys(options).length > 0)
      throw new InvalidInputError('agent: got { id } and options; an agent at work keeps those it was made with')
    return threadHandle(server, checkRunId(agent.id))
  }
  const name = typeof agent === 'string' ? nameOfAgent(agent) : agent.name
  const id = given === undefined ? newRunId(name) : checkRunId(given)
  return threadHandle(server, id, async () => ({
    agent: typeof agent === 'string' ? (await resolveAgent(agent, { cwd })).agent : agent,
    ...options,
    ...(options.workspace !== undefined && { workspace: resolve(cwd, options.workspace) }),
  }))
}

/** Of `./agents/fixer.md`: fixer. */
export function nameOfAgent(agent: string): string {
  const last = agent.split(/[\\/]/).at(-1) ?? agent
  return last.replace(/\.md$/i, '').replace(/[^\w.-]+/g, '-') || 'agent'
}
