// `ensemble cancel`: Temporal's own cancellation; what was answered is kept, but the run has no result.
import type { Command } from 'commander'
import { type SteeringOptions, steer, steering } from '../follow/steering.js'

export function command(): Command {
  return steering('cancel').action(async (run: string, options: SteeringOptions) => {
    const words = { done: 'cancel sent', next: 'rerun' }
    process.exitCode = await steer(run, options, (handle) => handle.cancel(), words)
  })
}
