// Runs a repository's tests as an agent's command would be run: in the sandbox, bounded, without the worker's secrets;
// and reads what they say of themselves.
import { homedir } from 'node:os'
import { ToolRefusal } from '../../../tools/refusal.js'
import { type SandboxSettings, sandboxProblemOf } from '../../../tools/shell/bubblewrap.js'
import { allowedEnvironment, type Environment } from '../../../tools/shell/environment.js'
import { type CommandSettings, runCommand, whyEnded } from '../../../tools/shell/run-command.js'
import { type Results, readResults } from './results.js'

export type TestSettings = {
  /** Of the worker: tests see the names of an allow list. */
  env: Environment
  /** Default: as careful as can be. */
  sandbox?: Partial<SandboxSettings>
}

export type TestsAsked = TestSettings & {
  /** Absolute, its real path. */
  cwd: string
  command: string
  signal: AbortSignal
  timeoutSeconds: number
  sandboxed: boolean
}

/**
 * `output`: without its middle where it is long. `exitCode`: null where it was made to end. `ended`: why it ended before
 * its time, or was not run.
 */
export type TestRun = Results & { exitCode: number | null; output: string; ended?: string; seconds: number }

/** No colours, no watching for changes. */
const PLAIN = { NO_COLOR: '1', CI: '1', TERM: 'dumb' }

export async function runTests(asked: TestsAsked): Promise<TestRun> {
  const { cwd, command, signal, timeoutSeconds, sandboxed } = asked
  const started = performance.now()
  const over = (end: Pick<TestRun, 'exitCode' | 'output' | 'ended'>): TestRun => ({
    ...end,
    ...readResults(end.output, end.exitCode),
    seconds: Math.round(performance.now() - started) / 1000,
  })
  try {
    const end = await runCommand(commandSettings(asked), {
      command,
      cwd,
      signal,
      sandboxed,
      timeoutMs: timeoutSeconds * 1000,
      extra: PLAIN,
    })
    const exitCode = end.ended ? null : end.code
    const why = exitCode === null ? whyEnded(end) : undefined
    return over({ exitCode, output: end.output, ...(why !== undefined && { ended: why }) })
  } catch (error) {
    if (!(error instanceof ToolRefusal)) throw error
    return over({ exitCode: null, output: '', ended: error.message })
  }
}

/** Why commands cannot be sandboxed on this machine; undefined: they can. */
export async function sandboxProblem({ env, sandbox }: TestSettings): Promise<string | undefined> {
  return sandboxProblemOf(allowedEnvironment(env).PATH ?? '', sandbox?.allowOldBubblewrap ?? false)
}

function commandSettings({ env, sandbox }: TestSettings): CommandSettings {
  const careful = { allowOldBubblewrap: false, network: false, hidden: [], readable: [], home: env.HOME ?? homedir() }
  return { env, passEnv: [], limits: {}, sandbox: { ...careful, ...sandbox } }
}
