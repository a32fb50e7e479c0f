// `ensemble run <workflow>`: one subcommand per workflow, each with its own way of saying the input.
import { Command } from 'commander'
import { runDocuments } from './run-documents.js'
import { runParallel } from './run-parallel.js'
import { runReview } from './run-review.js'

export function command(): Command {
  return new Command('run').addCommand(runParallel()).addCommand(runReview()).addCommand(runDocuments())
}
