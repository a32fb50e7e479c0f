// Runs a shell command in the workspace: sandboxed, bounded in time, output, processes, memory and disk, and without the
// worker's environment. Without a sandbox it is refused, unless whoever started the run said that it may do without.
import { z } from 'zod'
import { workspaceOf } from './files/settings.js'
import { failure, orRefused } from './refusal.js'
import { checkBubblewrap, type SandboxSettings, sandboxArguments } from './shell/bubblewrap.js'
import { allowedEnvironment, type Environment } from './shell/environment.js'
import { keepReserved } from './shell/reserved.js'
import { type GroupEnd, type GroupRun, runGroup } from './shell/run-group.js'
import type { Limits } from './shell/watch.js'
import type { Tool, ToolOutput } from './tool.js'

export type BashSettings = {
  allowUnsandboxed: boolean
  sandbox: SandboxSettings
  env: Environment
  /** Names of further variables that commands see. */
  passEnv: string[]
  limits: Partial<Limits>
}

const MAX_SECONDS = 600
const LIMITS: Limits = {
  timeoutMs: 120_000,
  outputBytes: 100 * 1024 ** 2,
  processes: 512,
  memoryBytes: 4 * 1024 ** 3,
  diskBytes: 4 * 1024 ** 3,
}
/** kB of one file, open files, no core dumps, processes (which the kernel does not count for root). */
const ULIMITS = `ulimit -f ${2 * 1024 ** 2} -n 4096 -c 0; ulimit -u "$0" 2>/dev/null; renice -n 5 $$ >/dev/null 2>&1`
const SCRIPT = `${ULIMITS}; exec /bin/bash -c "$1"`

const Input = z.strictObject({
  command: z.string().min(1).describe('The command, for bash'),
  description: z.string().optional().describe('What it does, in a few words'),
  timeout: z
    .int()
    .min(1000)
    .max(MAX_SECONDS * 1000)
    .optional()
    .describe('Milliseconds; default 120000'),
})

export function bashTool(settings: BashSettings): Tool<z.infer<typeof Input>> {
  return {
    name: 'Bash',
    description:
      'Runs a command with bash in the workspace, in a shell of its own: nothing but files stays from one command to the next, and background processes end with it. There is no network, and only the workspace and /tmp may be written; .git may be read.',
    schema: Input,
    permission: 'execute',
    effect: 'unsafe',
    timeoutSeconds: MAX_SECONDS + 10,
    subject: ({ command }) => command,
    run: ({
      input: { command, timeout = LIMITS.timeoutMs },
      cwd,
      signal,
      allowUnsandboxed = settings.allowUnsandboxed,
    }) =>
      orRefused('the command', async () => {
        if (command.includes('\0')) return failure('the command has a NUL character')
        const { root } = workspaceOf(cwd, { hidden: [] })
        const limits = { ...LIMITS, ...settings.limits, timeoutMs: timeout }
        const shell = ['/bin/bash', '--noprofile', '--norc', '-c', SCRIPT, String(limits.processes), command]
        const common = { cwd: root, signal, limits }
        return allowUnsandboxed ? unsandboxed(settings, shell, common) : sandboxed(settings, shell, common)
      }),
  }
}

type Common = Pick<GroupRun, 'cwd' | 'signal' | 'limits'>

async function sandboxed(settings: BashSettings, shell: string[], common: Common): Promise<ToolOutput> {
  const env = allowedEnvironment(settings.env, settings.passEnv)
  await checkBubblewrap(env.PATH ?? '', settings.sandbox.allowOldBubblewrap)
  const args = [...(await sandboxArguments(common.cwd, settings.sandbox)), ...shell]
  const putAside = await keepReserved(common.cwd)
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
    return failure(
      `the sandbox does not start on the worker's machine, so the command was not run: ${end.output.trim()}`,
    )
  return noted(said(end, common.limits), await putAside())
}

/** What the command made and must not: it is told, because the files are not where it left them. */
function noted(output: ToolOutput, aside: string[]): ToolOutput {
  if (aside.length === 0) return output
  const said = typeof output === 'string' ? output : output.content.map(({ text }) => text).join('\n')
  return failure(
    `${said}\n(put aside: ${aside.join(', ')}. What says which programs start is not for commands to make)`,
  )
}

async function unsandboxed(settings: BashSettings, shell: string[], common: Common): Promise<ToolOutput> {
  const [program = '', ...args] = shell
  const { HOME } = settings.env
  const env = { ...allowedEnvironment(settings.env, settings.passEnv), ...(HOME !== undefined && { HOME }) }
  return said(await runGroup({ ...common, program, args, env, around: 0 }), common.limits)
}

function said({ code, killedBy, output, ended }: GroupEnd, limits: Limits): ToolOutput {
  const text = output.replace(/\n$/, '')
  if (!ended && code === 0) return text === '' ? '(no output)' : text
  const why = ended ? REASONS[ended](limits) : killedBy ? `ended by ${killedBy}` : `exit code ${code}`
  return failure(text === '' ? `(${why}; no output)` : `${text}\n(${why})`)
}

const REASONS: Record<NonNullable<GroupEnd['ended']>, (limits: Limits) => string> = {
  timeout: ({ timeoutMs }) => `ended after ${timeoutMs / 1000} s: its time was over`,
  aborted: () => 'ended: the run was stopped',
  output: ({ outputBytes }) => `ended: it said more than ${outputBytes} bytes`,
  processes: ({ processes }) => `ended: it had more than ${processes} processes`,
  memory: ({ memoryBytes }) => `ended: it held more than ${memoryBytes} bytes of memory`,
  disk: () => 'ended: it filled the disk',
}
