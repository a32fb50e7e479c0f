// `ensemble approve`: see answering.ts. A workflow of a person's own may ask for an answer besides the yes.
import { Command } from 'commander'
import { type AnswerOptions, answer, withAnswerOptions } from '../follow/answering.js'
import { readJson } from '../read-input.js'

export function command(): Command {
  return withAnswerOptions(new Command('approve'))
    .option('--input <file>', 'JSON: the answer, where one is asked for; - for standard input')
    .action(async (run: string, approval: string | undefined, options: AnswerOptions & { input?: string }) => {
      const { input: source, ...rest } = options
      const given = source === undefined ? {} : { input: await readJson(source) }
      process.exitCode = await answer('approve', run, approval, { ...rest, ...given })
    })
}
