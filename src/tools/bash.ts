// Runs a shell command in the workspace: sandboxed and bounded. Without a sandbox it is refused, unless whoever started
// the run said that it may do without.
import { z } from 'zod'
import { workspaceOf } from './files/settings.js'
import { failure, orRefused } from './refusal.js'
import { type CommandEnd, type CommandSettings, DEFAULT_TIMEOUT_MS, runCommand, whyEnded } from './shell/run-command.js'
import type { Tool, ToolOutput } from './tool.js'

export type BashSettings = CommandSettings & { allowUnsandboxed: boolean }

const MAX_SECONDS = 600

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
      input: { command, timeout = DEFAULT_TIMEOUT_MS },
      cwd,
      signal,
      allowUnsandboxed = settings.allowUnsandboxed,
    }) =>
      orRefused('the command', async () => {
        const { root } = workspaceOf(cwd, { hidden: [] })
        const asked = { command, cwd: root, signal, timeoutMs: timeout, sandboxed: !allowUnsandboxed }
        const end = await runCommand(settings, asked)
        return noted(said(end), end.aside)
      }),
  }
}

/** What the command made and must not: it is told, because the files are not where it left them. */
function noted(output: ToolOutput, aside: string[]): ToolOutput {
  if (aside.length === 0) return output
  const said = typeof output === 'string' ? output : output.content.map(({ text }) => text).join('\n')
  return failure(
    `${said}\n(put aside: ${aside.join(', ')}. What says which programs start is not for commands to make)`,
  )
}

function said(end: CommandEnd): ToolOutput {
  const text = end.output.replace(/\n$/, '')
  const why = whyEnded(end)
  if (why === undefined) return text === '' ? '(no output)' : text
  return failure(text === '' ? `(${why}; no output)` : `${text}\n(${why})`)
}
