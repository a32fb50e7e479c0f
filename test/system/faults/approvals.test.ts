// A person answers what they see, whichever worker has just died: nothing of it is lost.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asked } from '../../support/approvals.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

const TRIES = 20
/** PENDING_ACTIVITY_STATE_STARTED */
const STARTED = 2
const AGENT = { name: 'reader', prompt: 'You read.', tools: ['WebFetch'] }
let stage: Stage

beforeAll(async () => {
  stage = await openStage({ workers: 2 })
  const asks = { type: 'tool_use' as const, name: 'WebFetch', input: { url: 'http://127.0.0.1:9/' } }
  stage.simulator.setRules([
    // The first attempt is made by the worker that knows the run, the second by any.
    { match: { prompt: 'read', attempt: 1 }, fault: { kind: '500' } },
    { match: { prompt: 'read' }, reply: { blocks: [asks], delayMs: 3000 } },
    { reply: { text: 'Done.' } },
  ])
})
afterAll(() => stage.close())

/** An agent that is known to one worker while another one waits for its model. */
async function apart() {
  for (let count = 1; count <= TRIES; count++) {
    const run = await stage.start('thread', { agent: AGENT, task: `read ${count}`, stream: false })
    const call = await until('a model call', async () => {
      const { raw } = await run.describe()
      return raw.pendingActivities?.find(
        ({ activityType, attempt = 0, state }) =>
          activityType?.name === 'answerTurn' && attempt === 2 && state === STARTED,
      )
    })
    const { events = [] } = await run.fetchHistory()
    const known = events?.findLast(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes)
    const pid = Number.parseInt(known?.workflowTaskCompletedEventAttributes?.identity ?? '', 10)
    const worker = stage.workers.find((one) => one.pid === pid)
    if (worker && !call.lastWorkerIdentity?.startsWith(`${pid}@`)) return { run, worker }
    await run.terminate()
  }
  throw new Error(`both were on one worker, ${TRIES} times`)
}

it('an answer to a question that is seen before the run itself got there counts', async () => {
  const { run, worker } = await apart()
  await worker.kill()
  const { digest } = await asked(stage, run, 'WebFetch-1.1.1')
  const { events = [] } = await run.fetchHistory()
  expect(events?.at(-1)?.workflowTaskScheduledEventAttributes).toBeTruthy() // the dead worker's
  await run.signal('approve', { digest, by: 'reviewer' })
  await run.result()
  const status = await stage.status(run)
  expect(status).toMatchObject({ refused: [], approvals: [{ answer: { kind: 'approve', by: 'reviewer' } }] })
  await verifyHistory(run)
})
