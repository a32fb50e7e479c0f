// `ensemble pause`: start nothing new; calls that run go on.
import type { Command } from 'commander'
import { type SteeringOptions, steer, steering } from '../follow/steering.js'

export function command(): Command {
  return steering('pause')
    .option('--by <name>', 'who asks (default: the name of your account)')
    .action(async (run: string, options: SteeringOptions) => {
      const words = { done: 'pause sent', next: 'resume' }
      process.exitCode = await steer(run, options, (handle, sender) => handle.pause(sender), words)
    })
}
