// `ensemble run parallel`: items from a JSON file, in any of the shapes people have them: the whole input, or its items.
import { Command } from 'commander'
import { UsageError } from '../exit.js'
import { startAndFollow } from '../follow/start-and-follow.js'
import { readJson } from '../read-input.js'
import { commonInput, type RunOptions, whole, withRunOptions } from '../run-options.js'

type ParallelOptions = RunOptions & { input: string; first?: number }

export function runParallel(): Command {
  return withRunOptions(new Command('parallel'))
    .description('many independent calls at once')
    .requiredOption('--input <file>', 'JSON: the input, or a list of items; - for standard input')
    .option('--first <n>', 'only the first n items', whole)
    .option('--detach', 'do not follow the run')
    .action(async (options: ParallelOptions) => {
      const { id, detach, json } = options
      const input = { ...firstOf(await readJson(options.input), options.first), ...commonInput(options) }
      process.exitCode = await startAndFollow({
        workflow: 'parallel',
        input,
        ...(id !== undefined && { id }),
        ...(detach && { detach }),
        ...(json && { json }),
      })
    })
}

/** Anything that is no object is passed on as items, so that one message says what is wanted. */
function firstOf(given: unknown, first: number | undefined): Record<string, unknown> {
  const input = given !== null && typeof given === 'object' && !Array.isArray(given) ? { ...given } : { items: given }
  if (first === undefined) return input
  const { items } = input as { items?: unknown }
  if (!Array.isArray(items)) throw new UsageError('--first: wanted an input with items (an itemsFile is cut by hand)')
  return { ...input, items: items.slice(0, first) }
}
