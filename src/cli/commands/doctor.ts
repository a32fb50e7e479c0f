// `ensemble doctor`: what is there, what is missing and what to do about it. It starts nothing new and shows no key.
import { Command } from 'commander'
import { type LoadedSettings, loadConfig, loadSettings } from '../../config/index.js'
import { SEARCH_ATTRIBUTES } from '../../contracts/names.js'
import { NoServerError } from '../../local/index.js'
import { type Check, diskCheck, gitCheck, modelCheck, nodeCheck, storageCheck } from '../checks.js'
import { EXIT } from '../exit.js'
import { colours, harmless, json } from '../output.js'
import { LOOKING, type Session, withSession } from '../session.js'

export function command(): Command {
  return new Command('doctor').option('--json', 'one JSON document').action(async (options: { json?: boolean }) => {
    const config = loadConfig()
    const settings = await loadSettings()
    const checks = [
      nodeCheck(),
      gitCheck(),
      modelCheck(config.model),
      storageCheck(config.home),
      diskCheck(config.home),
      await settingsCheck(settings),
      ...(await serverChecks()),
    ]
    if (options.json) json(checks)
    else for (const check of checks) process.stdout.write(`${line(check)}\n`) // `data` would take our colours away
    process.exitCode = checks.some(({ state }) => state === 'bad') ? EXIT.failed : EXIT.ok
  })
}

/** Every value, and where it came from. */
async function settingsCheck(loaded: LoadedSettings): Promise<Check> {
  const { settingsLines } = await import('../../config/redacted.js')
  return { name: 'settings', state: 'good', found: settingsLines(loaded).join('\n') }
}

function line({ name, state, found }: Check): string {
  const colour = colours(process.stdout)
  const mark = { good: colour.green('✓'), note: colour.yellow('·'), bad: colour.red('✗') }[state]
  return `${mark} ${name.padEnd(8)} ${harmless(found).replaceAll('\n', '\n           ')}`
}

/** No server is no fault on a fresh machine: the first run gets one. */
async function serverChecks(): Promise<Check[]> {
  const checks: Check[] = []
  try {
    await withSession(LOOKING, async (session) => {
      checks.push(...(await sessionChecks(session)))
      return EXIT.ok
    })
  } catch (error) {
    if (!(error instanceof NoServerError)) throw error
    const configured = loadConfig().temporal !== undefined
    checks.push({ name: 'server', state: configured ? 'bad' : 'note', found: error.message })
  }
  return checks
}

async function sessionChecks({ ensemble, up, config, command: ours }: Session): Promise<Check[]> {
  const [version, attributes, workers] = await Promise.all([
    ensemble.serverVersion(),
    ensemble.searchAttributes(),
    ensemble.workers(),
  ])
  const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !attributes.has(name))
  const queue = `task queue "${config.taskQueue}"`
  return [
    {
      name: 'server',
      state: 'good',
      found: `${up.address}, version ${version}, namespace ${up.namespace} (${up.ours ? 'ours' : up.temporal.source})`,
    },
    missing.length === 0
      ? { name: 'search', state: 'good', found: 'search attributes are registered' }
      : { name: 'search', state: 'note', found: `not registered: ${missing.join(', ')}; runs start without them` },
    workers.length > 0
      ? { name: 'worker', state: 'good', found: `${workers.length} lately on ${queue}` }
      : { name: 'worker', state: 'note', found: `none on ${queue}; ${ours('up')} hosts one` },
  ]
}
