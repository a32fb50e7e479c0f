// The options every way of starting a run shares, and what they come to: fields of the input, and how to follow.
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Confirm } from '../contracts/schemas/index.js'

export type RunOptions = {
  id?: string
  model?: string
  maxTokens?: number
  concurrency?: number
  budget?: number
  confirm?: Confirm
  yes?: boolean
  dryRun?: boolean
  stream?: boolean
  detach?: boolean
  json?: boolean
}

export function withRunOptions(command: Command): Command {
  return command
    .option('--model <name>', 'model or alias (see `ensemble models`)')
    .option('--max-tokens <n>', 'longest answer, in tokens', whole)
    .option('--concurrency <n>', 'calls at once', whole)
    .addOption(
      new Option('--confirm <when>', 'ask before calls: always, never, or above so many USD').argParser(confirm),
    )
    .option('--budget <usd>', 'the most it may cost without asking, in USD', usd)
    .option('--yes', 'do not ask: the same as --confirm never')
    .option('--dry-run', 'plan and price only')
    .option('--stream', 'show texts while they arrive')
    .option('--id <id>', 'id of the run; starting it again with the same input gives the same run')
    .option('--json', 'the result as one JSON document')
}

/** Fields of the input that were given. `--yes` wins over `--confirm`. */
export function commonInput(options: RunOptions) {
  const { model, maxTokens, concurrency, budget, confirm, yes, dryRun, stream } = options
  return {
    ...(model !== undefined && { model }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(concurrency !== undefined && { concurrency }),
    ...(budget !== undefined && { budgetUsd: budget }),
    ...(confirm !== undefined && { confirm }),
    ...(yes && { confirm: 'never' as const }),
    ...(dryRun && { dryRun }),
    ...(stream && { stream }),
  }
}

/** A whole number, 1 or more. */
export function whole(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('Wanted a whole number from 1.')
  return Number(text)
}

/** Dollars, more than 0. */
export function usd(text: string): number {
  const given = /^\$?([0-9]{1,7}(?:\.[0-9]+)?)$/.exec(text)?.[1]
  if (given === undefined || Number(given) === 0) throw new InvalidArgumentError('Wanted dollars, such as 0.50.')
  return Number(given)
}

export function confirm(text: string): Confirm {
  if (text === 'always' || text === 'never') return text
  const usd = /^\$?([0-9]+(?:\.[0-9]+)?)$/.exec(text)?.[1]
  if (usd === undefined) throw new InvalidArgumentError('Wanted always, never, or dollars such as 0.50.')
  return { overUsd: Number(usd) }
}

/** For an option that may be given again: a list would swallow the arguments after it. */
export function several(value: string, before: string[] = []): string[] {
  return [...before, value]
}
