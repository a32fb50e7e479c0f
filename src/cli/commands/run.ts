// `ensemble run <workflow>`: one subcommand per workflow, each with its own way of saying the input.
import { Command } from 'commander'
import { runAccount } from './run-account.js'
import { runAgent } from './run-agent.js'
import { runCode } from './run-code.js'
import { runDelegate } from './run-delegate.js'
import { runDocuments } from './run-documents.js'
import { runParallel } from './run-parallel.js'
import { runReview } from './run-review.js'

export function command(): Command {
  const workflows = [runParallel(), runReview(), runDocuments(), runDelegate(), runAccount(), runCode(), runAgent()]
  return workflows.reduce((run, workflow) => run.addCommand(workflow), new Command('run'))
}
