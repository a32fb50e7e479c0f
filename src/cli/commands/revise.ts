// `ensemble revise`: a patch of the input; plan and price are made again, with a new digest. See answering.ts.
import { Command } from 'commander'
import { UsageError } from '../exit.js'
import { type AnswerOptions, answer, withAnswerOptions } from '../follow/answering.js'
import { readJson } from '../read-input.js'

export function command(): Command {
  return withAnswerOptions(new Command('revise'))
    .option('--input <file>', 'JSON: the fields to change, null to remove one; - for standard input')
    .action(async (run: string, approval: string | undefined, options: AnswerOptions & { input?: string }) => {
      const { input: source, ...rest } = options
      if (source === undefined && rest.note === undefined) throw new UsageError('revise: wanted --input or --note')
      const input = source === undefined ? undefined : patchOf(await readJson(source))
      process.exitCode = await answer('revise', run, approval, { ...rest, ...(input && { input }) })
    })
}

function patchOf(value: unknown): Record<string, unknown> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new UsageError(
    `revise: got ${JSON.stringify(value)?.slice(0, 80)}; wanted an object such as { "model": "haiku" }`,
  )
}
