// `ensemble simulator`: the simulated Messages API alone, for any client of it.
import { Command } from 'commander'
import { runHere } from '../../local/run-here.js'

type Options = { port: string; host: string; latency: string; seed?: string; rules?: string; programs?: string }

export function command(): Command {
  return new Command('simulator')
    .option('--port <n>', '0: a free one', '0')
    .option('--host <address>', 'to listen on; whoever reaches it can use it', '127.0.0.1')
    .option('--latency <kind>', 'none, or real: as slow as the models are', 'real')
    .option('--seed <n>', 'for what it does at random')
    .option('--rules <file>', 'JSON: what to answer, and what to break')
    .option('--programs <dir>', 'what its programmers write, instead of placeholders')
    .action(async ({ port, host, latency, seed, rules, programs }: Options) => {
      const args = ['--port', port, '--host', host, '--latency', latency]
      if (seed !== undefined) args.push('--seed', seed)
      if (rules !== undefined) args.push('--rules', rules)
      if (programs !== undefined) args.push('--programs', programs)
      process.exitCode = await runHere('simulator/main', { args })
    })
}
