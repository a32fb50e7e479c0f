// `ensemble up`: everything a run needs, in the foreground, for the other commands of this data directory.
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { Up } from '../../local/index.js'
import { EXIT } from '../exit.js'
import { onInterrupt } from '../follow.js'
import { say } from '../output.js'
import { type Session, withSession } from '../session.js'

const AGAIN_MS = 1000 // a worker that dies at once must not be started in a tight loop

export function command(): Command {
  return new Command('up').action(async () => {
    process.exitCode = await withSession({ worker: 'always', host: true, start: true }, serve)
  })
}

async function serve({ up, config, command: ours }: Session): Promise<number> {
  const { model } = config
  say(`worker on task queue "${config.taskQueue}"`)
  say(
    `model: ${model.source ? `the API, with the key of ${model.source}` : `simulated at ${up.simulatorUrl ?? model.baseUrl}`}`,
  )
  if (up.webUrl) say(`web ui: ${up.webUrl}`)
  say(`ready; try \`${ours('ask "Hello"')}\` in another terminal. Ctrl-C stops.`)
  const stopped = new AbortController()
  const release = onInterrupt(() => stopped.abort())
  try {
    await Promise.race([aborted(stopped.signal), keepWorker(up, stopped.signal)])
  } finally {
    release()
  }
  say('stopping: calls in flight get up to 30 s (Ctrl-C again leaves at once)')
  return EXIT.ok
}

const aborted = (signal: AbortSignal) => new Promise<void>((done) => signal.addEventListener('abort', () => done()))

/** Starts another worker whenever one is gone; throws when it cannot be started. */
async function keepWorker(up: Up, signal: AbortSignal): Promise<void> {
  let worker = up.workers[0] ?? (await up.startWorker())
  for (;;) {
    await worker.exited
    if (signal.aborted) return
    await sleep(AGAIN_MS)
    if (signal.aborted) return
    say('starting another worker')
    worker = await up.startWorker()
  }
}
