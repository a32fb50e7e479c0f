// The companion of a run whose texts somebody wants to see while they arrive. It lives beside the run, because batches
// are signals and polls are updates, which would spend the run's own limits: it continues as new whenever it likes, and
// ends when nobody has published or polled for a while. It speaks the wire protocol of @temporalio/workflow-streams with
// handlers of its own: those of the package fail the workflow's task for ever when anybody sends them nonsense.
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  setDefaultSignalHandler,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import {
  workflowStreamOffsetQuery,
  workflowStreamPollUpdate,
  workflowStreamPublishSignal,
} from '@temporalio/workflow-streams/workflow'
import { type CarriedStream, over, POLL_REFUSED, type Poll } from '../contracts/stream.js'
import {
  allRead,
  carriedOf,
  end,
  endOf,
  hasNews,
  noteReader,
  openLog,
  publish,
  read,
  refusalOf,
} from './patterns/stream/log.js'

/** An execution's share: half of what a server allows is 5,000 signals, 1,000 updates, 25,600 events, 25 MiB. */
const MOST = { signals: 4000, polls: 900, events: 15_000, bytes: 10 * 1024 * 1024 }
const IDLE = '5 minutes'
/** After the end: time for other readers to fetch the rest. */
const LAST = '10 seconds'
/** Of ten updates at once that a server allows; the longest waiting one comes back empty-handed. */
const MOST_WAITING = 6

export async function stream(carried?: unknown): Promise<void> {
  const log = openLog(carriedFrom(carried), Date.now())
  const counts = { signals: 0, polls: 0 }
  let closing: 'no' | 'draining' | 'ending' = 'no'
  const waiting: { released: boolean }[] = []

  setHandler(workflowStreamPublishSignal, (sent?: unknown) => {
    counts.signals++
    publish(log, sent, Date.now())
  })
  setHandler(over, (sent?: unknown) => {
    counts.signals++
    end(log, sent)
  })
  setHandler(
    workflowStreamPollUpdate,
    async (asked) => {
      counts.polls++
      noteReader(log, asked, Date.now())
      const mine = { released: (asked as Poll).wait === false }
      waiting.push(mine)
      if (waiting.length > MOST_WAITING) (waiting[0] ?? mine).released = true
      await condition(() => mine.released || closing !== 'no' || hasNews(log, asked))
      waiting.splice(waiting.indexOf(mine), 1)
      refuse(asked)
      return read(log, asked)
    },
    {
      validator(asked) {
        refuse(asked)
        if (closing === 'draining')
          throw ApplicationFailure.nonRetryable('continuing as new: ask again', POLL_REFUSED.draining)
      },
    },
  )
  setHandler(workflowStreamOffsetQuery, () => endOf(log))
  setDefaultSignalHandler(() => {
    counts.signals++
  })

  function refuse(asked: unknown): void {
    const refused = refusalOf(log, asked)
    if (refused) throw ApplicationFailure.nonRetryable(refused.why, POLL_REFUSED[refused.type])
  }

  const isFull = () => {
    const { historyLength, historySize } = workflowInfo()
    const { signals, polls } = counts
    return signals > MOST.signals || polls > MOST.polls || historyLength > MOST.events || historySize > MOST.bytes
  }
  for (;;) {
    const before = counts.signals + counts.polls
    const woken = await condition(() => log.over || isFull(), IDLE)
    if (isFull()) {
      closing = 'draining'
      await condition(allHandlersFinished)
      return continueAsNew<typeof stream>(carriedOf(log, Date.now()))
    }
    if (log.over) await condition(() => allRead(log) || isFull(), LAST)
    if (log.over || (!woken && counts.signals + counts.polls === before)) break
  }
  closing = 'ending'
  await condition(allHandlersFinished)
}

/** Only an earlier execution carries something over; whatever else it is started with is left. */
function carriedFrom(given: unknown): CarriedStream | undefined {
  return workflowInfo().continuedFromExecutionRunId === undefined ? undefined : (given as CarriedStream)
}
