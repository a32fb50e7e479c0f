// `ensemble revise`: a patch of the input, or a note; plan and price are made again, or the work of agents, with a new
// digest. See answering.ts.
import { Command } from 'commander'
import { UsageError } from '../exit.js'
import { type AnswerOptions, answer, withAnswerOptions } from '../follow/answering.js'
import { readJson } from '../read-input.js'
import { several } from '../run-options.js'

type ReviseOptions = AnswerOptions & { input?: string; item?: string[] }

export function command(): Command {
  return withAnswerOptions(new Command('revise'))
    .option('--input <file>', 'JSON: the fields to change, null to remove one; - for standard input')
    .option('--item <id>', 'of work: the agent that is to change it as --note says (may be given again)', several)
    .action(async (run: string, approval: string | undefined, options: ReviseOptions) => {
      const { input: source, item, ...rest } = options
      if (source === undefined && rest.note === undefined) throw new UsageError('revise: wanted --input or --note')
      if (source !== undefined && item) throw new UsageError('revise: got --input and --item; wanted one')
      const input = item ? { agents: item } : source === undefined ? undefined : patchOf(await readJson(source))
      process.exitCode = await answer('revise', run, approval, { ...rest, ...(input && { input }) })
    })
}

function patchOf(value: unknown): Record<string, unknown> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new UsageError(
    `revise: got ${JSON.stringify(value)?.slice(0, 80)}; wanted an object such as { "model": "haiku" }`,
  )
}
