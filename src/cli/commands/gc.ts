// `ensemble gc`: removes stored texts and paid answers of runs the server no longer knows.
import { Command } from 'commander'
import { EXIT } from '../exit.js'
import { data, json } from '../output.js'
import { LOOKING, withSession } from '../session.js'

export function command(): Command {
  return new Command('gc').option('--json', 'one JSON document').action(async (options: { json?: boolean }) => {
    process.exitCode = await withSession(LOOKING, async ({ ensemble }) => {
      const removed = await ensemble.gc()
      const { roots, blobs, bytes } = removed
      if (options.json) json(removed)
      else data(`removed ${roots} runs, ${blobs} texts, ${(bytes / 1e6).toFixed(1)} MB`)
      return EXIT.ok
    })
  })
}
