// The demo: the expert review of this repository's own source, in a data directory of its own. Without a terminal it
// approves the plan itself and spends nothing, and says both.
import { once } from 'node:events'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Run } from '../client/run.js'
import { loadConfig } from '../config/index.js'
import { failed } from './failed.js'
import { onInterrupt } from './follow/follow.js'
import { askedLines, type Question } from './follow/question.js'
import { startAndFollow } from './follow/start-and-follow.js'
import { say, someoneIsThere } from './output.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

async function demo(): Promise<number> {
  process.env.ENSEMBLE_HOME ??= join(root, '.ensemble-demo')
  const home = process.env.ENSEMBLE_HOME
  const program = `ENSEMBLE_HOME=${relative(process.cwd(), resolve(home)) || '.'} npx ensemble`
  const attended = someoneIsThere()
  if (!attended && loadConfig().model.apiKey !== undefined) {
    process.env.ENSEMBLE_SIMULATED = '1'
    say('There is a key, but no terminal to approve its use at: the demo uses the simulator.')
  }
  return startAndFollow({
    workflow: 'review',
    input: { paths: [join(root, 'src')], confirm: 'always' },
    needs: { worker: 'unless-hosted', start: true, program },
    ...(!attended && { answer: approveAlone }),
    afterwards: async ({ up, command }) => {
      say('')
      if (attended && up.webUrl) await untilEnter(up.webUrl)
      else {
        say('To look again:')
        say(`  ${command('show @last')}`)
        say(`  ${command('up')}    (the Web UI, until Ctrl-C)`)
      }
    },
  })
}

async function approveAlone(run: Run, question: Question): Promise<void> {
  for (const line of askedLines(question)) say(line)
  say('No terminal to ask at: the demo approves this itself.')
  await run.approve({ digest: question.digest, approval: question.name, by: 'demo' })
}

async function untilEnter(webUrl: string): Promise<void> {
  say(`Web UI is up at ${webUrl} – Enter to stop`)
  const stopped = new AbortController()
  const release = onInterrupt(() => stopped.abort())
  process.stdin.resume()
  try {
    await once(process.stdin, 'data', { signal: stopped.signal })
  } catch (error) {
    if (!stopped.signal.aborted) throw error
  } finally {
    release()
    process.stdin.pause()
  }
}

process.exit(await demo().catch(failed))
