// `ensemble run review`: paths are made absolute here, because the worker that reads them stands somewhere else.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { adviseOn } from '../advice.js'
import { UsageError } from '../exit.js'
import { startAndFollow } from '../follow/start-and-follow.js'
import { readJson } from '../read-input.js'
import { commonInput, type RunOptions, withRunOptions } from '../run-options.js'

type ReviewOptions = RunOptions & { input?: string; experts?: string; question?: string }

export function runReview(): Command {
  return withRunOptions(new Command('review'))
    .description('experts look at files at once; one consolidated report')
    .argument('[paths...]', "files and directories; git's ignore rules hold")
    .option('--input <file>', 'JSON: the input, for files that are not here as text; - for standard input')
    .option('--experts <list>', 'names, or Markdown files of your own, by commas: security,./money.md')
    .option('--question <text>', 'what to look for in particular')
    .option('--detach', 'do not follow the run')
    .action(async (paths: string[], options: ReviewOptions) => {
      const { experts, question, id, detach, json } = options
      for (const path of paths) if (!existsSync(path)) throw new UsageError(`no such file or directory: ${path}`)
      if (question !== undefined) adviseOn(question, 'a review reads, it changes nothing')
      process.exitCode = await startAndFollow({
        workflow: 'review',
        input: {
          ...(await inputOf(options.input, paths)),
          ...(paths.length > 0 && { paths: paths.map((path) => resolve(path)) }),
          ...(experts !== undefined && { experts: expertList(experts) }),
          ...(question !== undefined && { question }),
          ...commonInput(options),
        },
        ...(id !== undefined && { id }),
        ...(detach && { detach }),
        ...(json && { json }),
      })
    })
}

/** The input as it is written, its paths seen from here. */
async function inputOf(source: string | undefined, named: string[]): Promise<Record<string, unknown>> {
  if (source === undefined) {
    if (named.length === 0) throw new UsageError('run review: got nothing to review; wanted paths, or --input')
    return {}
  }
  const given = await readJson(source)
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new UsageError(
      `--input: got ${JSON.stringify(given).slice(0, 80)}; wanted an object such as { "files": […] }`,
    )
  }
  const { paths, ...rest } = given as { paths?: unknown }
  if (!Array.isArray(paths)) return { ...given }
  return { ...rest, paths: paths.map((path) => (typeof path === 'string' ? resolve(path) : path)) }
}

/** A Markdown file is named by its path, which is made absolute too. */
export function expertList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  return names.map((name) => (name.endsWith('.md') ? resolve(name) : name))
}
