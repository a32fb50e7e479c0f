// `ensemble approve`: see answering.ts. A workflow of a person's own may ask for an answer besides the yes.
import { Command } from 'commander'
import { UsageError } from '../exit.js'
import { type AnswerOptions, answer, withAnswerOptions } from '../follow/answering.js'
import { readJson } from '../read-input.js'

type ApproveOptions = AnswerOptions & { input?: string; only?: string }

export function command(): Command {
  return withAnswerOptions(new Command('approve'))
    .option('--input <file>', 'JSON: the answer, where one is asked for; - for standard input')
    .option('--only <ids>', 'of several things these alone, by commas: f1,f3')
    .action(async (run: string, approval: string | undefined, options: ApproveOptions) => {
      const { input: source, only, ...rest } = options
      if (source !== undefined && only !== undefined) throw new UsageError('got both --input and --only; wanted one')
      const ids = only?.split(',').map((id) => id.trim())
      const given = source === undefined ? ids && { input: { only: ids } } : { input: await readJson(source) }
      process.exitCode = await answer('approve', run, approval, { ...rest, ...given })
    })
}
