// `ensemble up`: everything a run needs, in the foreground, for the other commands of this data directory.
import { Command } from 'commander'
import { EXIT } from '../exit.js'
import { onInterrupt } from '../follow/follow.js'
import { say } from '../output.js'
import { type Session, withSession } from '../session.js'

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
    const why = await Promise.race([aborted(stopped.signal), up.withoutWorker])
    if (why) throw why
  } finally {
    release()
  }
  say('stopping: calls in flight get up to 30 s (Ctrl-C again leaves at once)')
  return EXIT.ok
}

const aborted = (signal: AbortSignal) => new Promise<void>((done) => signal.addEventListener('abort', () => done()))
