// `ensemble run documents`: files and globs are made absolute here, because the worker that reads them stands somewhere
// else.
import { existsSync } from 'node:fs'
import { posix, resolve, sep } from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../exit.js'
import { startAndFollow } from '../follow/start-and-follow.js'
import { commonInput, type RunOptions, several, withRunOptions } from '../run-options.js'

type DocumentsOptions = RunOptions & { question?: string[] }

export function runDocuments(): Command {
  return withRunOptions(new Command('documents'))
    .description('ask documents, or take their key points; every quote is checked')
    .argument('<files...>', 'files, directories or globs in quotes: text, Markdown, PDF, images')
    .option('--question <text>', 'what to answer; may be given again', several)
    .option('--detach', 'do not follow the run')
    .action(async (files: string[], options: DocumentsOptions) => {
      const { question, id, detach, json } = options
      process.exitCode = await startAndFollow({
        workflow: 'documents',
        input: {
          files: files.map((file) => fromHere(file)),
          ...(question !== undefined && { questions: question }),
          ...commonInput(options),
        },
        ...(id !== undefined && { id }),
        ...(detach && { detach }),
        ...(json && { json }),
      })
    })
}

/** Characters that mean more than themselves in a glob. */
const SPECIAL = /[\\()[\]{}*?|]/

/** A path as it is; a glob with this directory in front, whose name means nothing but itself. */
export function fromHere(file: string, directory = process.cwd()): string {
  if (existsSync(resolve(directory, file))) return resolve(directory, file)
  if (!SPECIAL.test(file)) throw new UsageError(`no such file or directory: ${file}`)
  const here = directory.split(sep).join('/').replace(new RegExp(SPECIAL, 'g'), '\\$&')
  return posix.resolve(here, file)
}
