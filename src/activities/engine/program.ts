// The program of the SDK as a process: with an environment of its own, where no setting of the machine and no secret but
// the key reaches it, noted by its identity, so that one that outlived its worker is ended before the next begins.
import { type ChildProcess, spawn } from 'node:child_process'
import { identityOf, isDead, ownIdentity, type ProcessIdentity } from '../../storage/process-identity.js'
import type { SpawnRequest } from './sdk.js'
import type { SessionPlace } from './session.js'

/** Calls of tools end when the workflow says so: days later, if a person takes so long. */
const NEVER_MS = String(7 * 24 * 3600 * 1000)

export function environmentOf(given: Record<string, string>, place: SessionPlace, maxTokens: number) {
  return {
    ...given,
    HOME: place.home,
    CLAUDE_CONFIG_DIR: place.config,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(maxTokens),
    // Temporal alone retries.
    CLAUDE_CODE_MAX_RETRIES: '0',
    MCP_TOOL_TIMEOUT: NEVER_MS,
    CLAUDE_CODE_SDK_MCP_TOOL_IDLE_TIMEOUT: NEVER_MS,
  }
}

export type Program = { spawn(request: SpawnRequest): ChildProcess; kill(): void }

/** @param started is told who it is before it has done anything. */
export function openProgram(started: (program: ProcessIdentity) => void): Program {
  let child: ChildProcess | undefined
  let killed = false
  return {
    spawn({ command, args, cwd, env }) {
      child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
      if (killed) child.kill('SIGKILL')
      if (child.pid !== undefined) started(identityOf(child.pid))
      return child
    },
    // Its connection to the model goes with it: nothing is generated any more.
    kill() {
      killed = true
      child?.kill('SIGKILL')
    },
  }
}

/** Ends a program that goes on without its worker; one of another machine is out of reach, and so are its tools. */
export function endLeftover(program: ProcessIdentity | undefined): void {
  const own = ownIdentity()
  if (!program || program.machine !== own.machine || program.started === undefined || isDead(program, own)) return
  try {
    process.kill(program.pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself just now.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
