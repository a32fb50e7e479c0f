// The streams this worker publishes to: one publisher a run, whichever of its calls are here, gone when idle. Together
// they send no more signals than a server takes lightly; with many runs each waits a little longer.
import { Context, log } from '@temporalio/activity'
import { WorkflowNotFoundError } from '@temporalio/common'
import { PUBLISH_SIGNAL, type Publish, STREAM_WORKFLOW, streamIdOf } from '../../contracts/stream.js'
import type { AnswerId } from './live-answer.js'
import { openPublisher, type Publisher, type Publishing } from './publisher.js'

/** Signals a second of one worker, over all runs. */
const MOST_A_SECOND = 80
const SEND_MS = 10_000
/** A reader that comes while an answer arrives misses at most so much of it until the end corrects it. */
const LOOK_AGAIN_MS = 1000

export type Streams = {
  /**
   * The text of one attempt; without a stream nobody listens, and nothing is done. `ifOpen`: only into a stream that a
   * reader has opened, because a thread that nobody reads along shall cost nothing more.
   */
  publishing(stream: { of: string; ifOpen?: true } | undefined, id: AnswerId): Publishing
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
        publisher = publisherOf(stream.of, stream.ifOpen ?? false, gapMs)
        publishers.set(stream.of, publisher)
      }
      return publisher.answer(id)
    },
  }
}

function publisherOf(run: string, ifOpen: boolean, gapMs: () => number): Publisher {
  const { client, info } = Context.current()
  const warn = (why: string) => log.warn('live text was left out', { run, why })
  const workflowId = streamIdOf(run)
  // Starts the stream where there is none, or none any more; a running one gets the signal alone.
  const start = (batch: Publish) =>
    client.workflow.signalWithStart(STREAM_WORKFLOW, {
      workflowId,
      taskQueue: info.taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      signal: PUBLISH_SIGNAL,
      signalArgs: [batch],
    })
  let lookAgainAt = 0
  const tell = async (batch: Publish) => {
    if (Date.now() < lookAgainAt) return
    try {
      await client.workflow.getHandle(workflowId).signal(PUBLISH_SIGNAL, batch)
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error
      lookAgainAt = Date.now() + LOOK_AGAIN_MS
    }
  }
  return openPublisher(
    (batch) =>
      client.withDeadline(Date.now() + SEND_MS, async () => {
        await (ifOpen ? tell(batch) : start(batch))
      }),
    gapMs,
    warn,
  )
}
