// The streams this worker publishes to: one publisher a run, whichever of its calls are here, gone when idle. Together
// they send no more signals than a server takes lightly; with many runs each waits a little longer.
import { Context, log } from '@temporalio/activity'
import { PUBLISH_SIGNAL, STREAM_WORKFLOW, streamIdOf } from '../../contracts/stream.js'
import type { AnswerId } from './live-answer.js'
import { openPublisher, type Publisher, type Publishing } from './publisher.js'

/** Signals a second of one worker, over all runs. */
const MOST_A_SECOND = 80
const SEND_MS = 10_000

export type Streams = {
  /** The text of one attempt; without a stream nobody listens, and nothing is done. */
  publishing(stream: { of: string } | undefined, id: AnswerId): Publishing
}

const SILENT: Publishing = { add: () => {}, end: async () => {} }

/** Used within activities: what it sends goes through their client, to workers of their task queue. */
export function openStreams(): Streams {
  const publishers = new Map<string, Publisher>()
  const gapMs = () => (1000 / MOST_A_SECOND) * publishers.size
  return {
    publishing(stream, id) {
      if (!stream) return SILENT
      for (const [run, { idle }] of publishers) if (run !== stream.of && idle()) publishers.delete(run)
      let publisher = publishers.get(stream.of)
      if (!publisher) {
        publisher = publisherOf(stream.of, gapMs)
        publishers.set(stream.of, publisher)
      }
      return publisher.answer(id)
    },
  }
}

function publisherOf(run: string, gapMs: () => number): Publisher {
  const { client, info } = Context.current()
  const warn = (why: string) => log.warn('live text was left out', { run, why })
  return openPublisher(
    // Starts the stream where there is none, or none any more; a running one gets the signal alone.
    (batch) =>
      client.withDeadline(Date.now() + SEND_MS, async () => {
        await client.workflow.signalWithStart(STREAM_WORKFLOW, {
          workflowId: streamIdOf(run),
          taskQueue: info.taskQueue,
          workflowIdConflictPolicy: 'USE_EXISTING',
          signal: PUBLISH_SIGNAL,
          signalArgs: [batch],
        })
      }),
    gapMs,
    warn,
  )
}
