// `ensemble run delegate`: a task in words; an agent plans its parts, others work on them.
import { Command, InvalidArgumentError } from 'commander'
import { startAndFollow } from '../follow/start-and-follow.js'
import { taskOf } from '../read-input.js'
import { commonInput, type RunOptions, whole, withRunOptions } from '../run-options.js'

type DelegateOptions = RunOptions & { depth?: number; workerModel?: string; file?: string }

export function runDelegate(): Command {
  return withRunOptions(new Command('delegate'))
    .description('an agent plans parts of a task, others work on them at once, one answer')
    .argument('[task]', 'the task; - for standard input')
    .option('--file <file>', 'a text file with the task')
    .option('--depth <n>', 'levels of splitting, 1 to 4 (default 2)', levels)
    .option('--worker-model <name>', 'model for the parts (default: as --model, which plans and integrates)')
    .option('--detach', 'do not follow the run')
    .action(async (task: string | undefined, options: DelegateOptions) => {
      const { id, detach, json, depth, workerModel } = options
      process.exitCode = await startAndFollow({
        workflow: 'delegate',
        input: {
          task: await taskOf('run delegate', task, options.file),
          ...(depth !== undefined && { maxDepth: depth }),
          ...(workerModel !== undefined && { workerModel }),
          ...commonInput(options),
        },
        ...(id !== undefined && { id }),
        ...(detach && { detach }),
        ...(json && { json }),
      })
    })
}

function levels(text: string): number {
  const depth = whole(text)
  if (depth > 4) throw new InvalidArgumentError('Wanted 1 to 4.')
  return depth
}
