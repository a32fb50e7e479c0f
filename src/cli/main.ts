#!/usr/bin/env node
// The command line's entry: finds the command that is meant and loads it alone, so that `--help` is instant.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { COMMANDS } from './command-list.js'
import { EXIT } from './exit.js'
import { failed } from './failed.js'

async function main(argv: string[]): Promise<number> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok) // the reader, such as `head`, has seen enough
    throw error
  })
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error // nobody listens to the talk any more; the work goes on
  })
  try {
    const program = await assembled(argv)
    await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? EXIT.ok) // set by the command
  } catch (error) {
    return failed(error)
  }
}

async function assembled(argv: string[]): Promise<Command> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const program = new Command('ensemble')
    .description('Durable multi-agent orchestration for Claude, on Temporal')
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'ensemble: ')) })
    .addHelpText('after', '\n<run> is the id of a run, or @last for the newest one started from here.')
  const words = argv.filter((word) => !word.startsWith('-'))
  const wanted = words[0] === 'help' ? words[1] : words[0]
  for (const { name, usage, about, load } of COMMANDS) {
    if (name === wanted) program.addCommand(inheriting(program, (await load()).command().description(about)))
    else program.command(`${name} ${usage}`.trim()).description(about).helpOption(false)
  }
  return program
}

/** Settings do not reach commands that were made elsewhere by themselves. */
function inheriting(from: Command, command: Command): Command {
  command.copyInheritedSettings(from)
  for (const inner of command.commands) inheriting(command, inner)
  return command
}

process.exit(await main(process.argv.slice(2)))
