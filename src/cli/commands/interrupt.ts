// `ensemble interrupt`: stop now, keep what is there; the whole run or one item.
import type { Command } from 'commander'
import { type SteeringOptions, steer, steering } from '../follow/steering.js'

export function command(): Command {
  return steering('interrupt')
    .option('--item <id>', 'only this item')
    .option('--by <name>', 'who asks (default: the name of your account)')
    .action(async (run: string, options: SteeringOptions) => {
      const words = { done: 'interrupt sent', next: 'show' }
      process.exitCode = await steer(run, options, (handle, sender) => handle.interrupt(sender), words)
    })
}
