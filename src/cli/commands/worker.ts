// `ensemble worker`: a worker in the foreground, its log on its own output, for a server that somebody set up. It never
// starts anything else.
import { Command } from 'commander'
import { loadConfig } from '../../config.js'
import { runHere } from '../../local/run-here.js'
import { EXIT, UsageError } from '../exit.js'
import { say } from '../output.js'
import { LOOKING, withSession } from '../session.js'

export function command(): Command {
  return new Command('worker').action(async () => {
    const { model } = loadConfig()
    if (model.apiKey === undefined && model.baseUrl === undefined) {
      throw new UsageError(
        'no API key: wanted ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL of a simulator (or `ensemble up`)',
      )
    }
    process.exitCode = await withSession(LOOKING, async ({ up, config }) => {
      say(`worker for task queue "${config.taskQueue}" of ${up.address}, namespace ${up.namespace}; Ctrl-C drains it`)
      const env = { ...process.env, TEMPORAL_ADDRESS: up.address, TEMPORAL_NAMESPACE: up.namespace }
      const code = await runHere('workers/main', { env: { ...env, ENSEMBLE_HOME: config.home } })
      return code === 130 ? EXIT.ok : code
    })
  })
}
