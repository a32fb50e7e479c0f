// One shell command in a directory: in the sandbox or, where whoever started the run allows it, without; bounded in time,
// output, processes, memory and disk; with the variables of a list and no other. Agents' commands and a repository's
// tests both run through here.
import { ToolRefusal } from '../refusal.js'
import { checkBubblewrap, type SandboxSettings, sandboxArguments } from './bubblewrap.js'
import { allowedEnvironment, type Environment } from './environment.js'
import { keepReserved } from './reserved.js'
import { type GroupEnd, type GroupRun, runGroup } from './run-group.js'
import type { Limits } from './watch.js'

export type CommandSettings = {
  sandbox: SandboxSettings
  /** Of the worker. */
  env: Environment
  /** Names of further variables that commands see. */
  passEnv: string[]
  limits: Partial<Limits>
}

export type Command = {
  command: string
  /** Absolute, its real path. */
  cwd: string
  signal: AbortSignal
  sandboxed: boolean
  timeoutMs?: number
  /** Further variables, by name and value. */
  extra?: Record<string, string>
}

/** `aside`: what the command made and must not, as it is called now. `limits`: those it had. */
export type CommandEnd = GroupEnd & { aside: string[]; limits: Limits }

export const DEFAULT_TIMEOUT_MS = 120_000
const LIMITS: Limits = {
  timeoutMs: DEFAULT_TIMEOUT_MS,
  outputBytes: 100 * 1024 ** 2,
  processes: 512,
  memoryBytes: 4 * 1024 ** 3,
  diskBytes: 4 * 1024 ** 3,
}
/** kB of one file, open files, no core dumps, processes (which the kernel does not count for root). */
const ULIMITS = `ulimit -f ${2 * 1024 ** 2} -n 4096 -c 0; ulimit -u "$0" 2>/dev/null; renice -n 5 $$ >/dev/null 2>&1`
const SCRIPT = `${ULIMITS}; exec /bin/bash -c "$1"`

/** @throws ToolRefusal when it was not run: there is no sandbox that may be used, or it does not start */
export async function runCommand(settings: CommandSettings, asked: Command): Promise<CommandEnd> {
  const { command, cwd, signal, timeoutMs = DEFAULT_TIMEOUT_MS, sandboxed, extra } = asked
  if (command.includes('\0')) throw new ToolRefusal('the command has a NUL character')
  const limits = { ...LIMITS, ...settings.limits, timeoutMs }
  const shell = ['/bin/bash', '--noprofile', '--norc', '-c', SCRIPT, String(limits.processes), command]
  const env = { ...allowedEnvironment(settings.env, settings.passEnv), ...extra }
  const common = { cwd, signal, limits, env }
  return sandboxed ? inSandbox(settings, shell, common) : unsandboxed(settings, shell, common)
}

type Common = Pick<GroupRun, 'cwd' | 'signal' | 'limits' | 'env'>

async function inSandbox(settings: CommandSettings, shell: string[], common: Common): Promise<CommandEnd> {
  const { cwd, env, limits } = common
  await checkBubblewrap(env.PATH ?? '', settings.sandbox.allowOldBubblewrap)
  const args = [...(await sandboxArguments(cwd, settings.sandbox)), ...shell]
  const putAside = await keepReserved(cwd)
  let status = ''
  const end = await runGroup({
    ...common,
    program: 'bwrap',
    args,
    env: { ...env, HOME: '/tmp' },
    // bwrap itself and the first process of the sandbox.
    around: 2,
    status: (text) => {
      status += text
    },
  })
  if (!status.includes('"exit-code"') && !end.ended && end.code !== 0 && end.output.startsWith('bwrap: '))
    throw new ToolRefusal(
      `the sandbox does not start on the worker's machine, so the command was not run: ${end.output.trim()}`,
    )
  return { ...end, aside: await putAside(), limits }
}

async function unsandboxed(settings: CommandSettings, shell: string[], common: Common): Promise<CommandEnd> {
  const [program = '', ...args] = shell
  const { HOME } = settings.env
  const env = { ...common.env, ...(HOME !== undefined && { HOME }) }
  return { ...(await runGroup({ ...common, program, args, env, around: 0 })), aside: [], limits: common.limits }
}

/** Why it did not end well, in words; undefined: it did. */
export function whyEnded({ code, killedBy, ended, limits }: CommandEnd): string | undefined {
  if (ended) return REASONS[ended](limits)
  if (killedBy) return `ended by ${killedBy}`
  return code === 0 ? undefined : `exit code ${code}`
}

const REASONS: Record<NonNullable<GroupEnd['ended']>, (limits: Limits) => string> = {
  timeout: ({ timeoutMs }) => `ended after ${timeoutMs / 1000} s: its time was over`,
  aborted: () => 'ended: the run was stopped',
  output: ({ outputBytes }) => `ended: it said more than ${outputBytes} bytes`,
  processes: ({ processes }) => `ended: it had more than ${processes} processes`,
  memory: ({ memoryBytes }) => `ended: it held more than ${memoryBytes} bytes of memory`,
  disk: () => 'ended: it filled the disk',
}
