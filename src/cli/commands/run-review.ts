// `ensemble run review`: paths are made absolute here, because the worker that reads them stands somewhere else.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ENGINES, type Engine, PERMISSION_MODES, type PermissionMode } from '../../contracts/agent.js'
import { adviseOn } from '../advice.js'
import { UsageError } from '../exit.js'
import { startAndFollow } from '../follow/start-and-follow.js'
import { readJson } from '../read-input.js'
import { commonInput, type RunOptions, withRunOptions } from '../run-options.js'

type ReviewOptions = RunOptions & FixFlags & { input?: string; experts?: string; question?: string }
type FixFlags = {
  fix?: boolean
  test?: string
  agent?: string
  permissionMode?: PermissionMode
  engine?: Engine
  allowUnsandboxed?: boolean
}

export function runReview(): Command {
  return withRunOptions(new Command('review'))
    .description('experts look at files at once; one consolidated report')
    .argument('[paths...]', "files and directories; git's ignore rules hold")
    .option('--input <file>', 'JSON: the input, for files that are not here as text; - for standard input')
    .option('--experts <list>', 'names, or Markdown files of your own, by commas: security,./money.md')
    .option('--question <text>', 'what to look for in particular')
    .option('--fix', 'offer the findings, have an agent work off those you take, offer what it changed')
    .option('--test <command>', 'with --fix: runs the tests; run without asking')
    .option('--agent <name>', 'with --fix: who works them off (default: fixer)')
    .addOption(new Option('--permission-mode <mode>', 'with --fix (default: acceptEdits)').choices(PERMISSION_MODES))
    .addOption(new Option('--engine <name>', 'with --fix').choices(ENGINES))
    .option('--allow-unsandboxed', 'with --fix: shell commands may run without a sandbox')
    .option('--detach', 'do not follow the run')
    .action(async (paths: string[], options: ReviewOptions) => {
      const { experts, question, id, detach, json } = options
      for (const path of paths) if (!existsSync(path)) throw new UsageError(`no such file or directory: ${path}`)
      const fix = fixOf(options)
      if (question !== undefined && !fix) adviseOn(question, 'a review reads, it changes nothing')
      process.exitCode = await startAndFollow({
        workflow: 'review',
        input: {
          ...(await inputOf(options.input, paths)),
          ...(paths.length > 0 && { paths: paths.map((path) => resolve(path)) }),
          ...(experts !== undefined && { experts: expertList(experts) }),
          ...(question !== undefined && { question }),
          ...(fix && { fix }),
          ...commonInput(options),
        },
        ...(id !== undefined && { id }),
        ...(detach && { detach }),
        ...(json && { json }),
      })
    })
}

/** Flags of the agent without `--fix` would be lost without a word. */
function fixOf({ fix, test, agent, permissionMode, engine, allowUnsandboxed }: FixFlags) {
  const given = {
    ...(test !== undefined && { test }),
    ...(agent !== undefined && { agent }),
    ...(permissionMode && { permissionMode }),
    ...(engine && { engine }),
    ...(allowUnsandboxed && { allowUnsandboxed }),
  }
  const [first] = Object.keys(given)
  if (!fix && first !== undefined)
    throw new UsageError(`--${first.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: wanted only with --fix`)
  return fix ? given : undefined
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
