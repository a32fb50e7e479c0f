// `ensemble resume`: go on after a pause, and follow.
import type { Command } from 'commander'
import { type SteeringOptions, steer, steering } from '../follow/steering.js'
import { WORKING } from '../session.js'

export function command(): Command {
  return steering('resume')
    .option('--by <name>', 'who asks (default: the name of your account)')
    .option('--detach', 'do not follow the run')
    .action(async (run: string, options: SteeringOptions) => {
      const words = { done: 'resume sent', next: 'watch', needs: WORKING, following: true }
      process.exitCode = await steer(run, options, (handle, sender) => handle.resume(sender), words)
    })
}
