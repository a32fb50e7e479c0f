// `ensemble approve`: see answering.ts.
import { Command } from 'commander'
import { type AnswerOptions, answer, withAnswerOptions } from '../follow/answering.js'

export function command(): Command {
  return withAnswerOptions(new Command('approve')).action(
    async (run: string, approval: string | undefined, options: AnswerOptions) => {
      process.exitCode = await answer('approve', run, approval, options)
    },
  )
}
