// A worker died a moment ago, another one answered a query with what had happened since, and only then somebody steers
// the run: what is done then must be what a replay does.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AHEAD } from '../../../src/contracts/failures.js'
import { asked } from '../../support/approvals.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'
import type { WorkerProcess } from '../../support/worker-process.js'

const TRIES = 5
const AT_ONCE = 16
/** PENDING_ACTIVITY_STATE_STARTED */
const STARTED = 2
const AGENT = { name: 'reader', prompt: 'You read.', tools: ['WebFetch'] }
const QUESTION = 'WebFetch-1.1.1'
let stage: Stage

beforeAll(async () => {
  stage = await openStage({ workers: 2 })
  const asks = { type: 'tool_use' as const, name: 'WebFetch', input: { url: 'http://127.0.0.1:9/' } }
  stage.simulator.setRules([
    // The first attempt is made by the worker that knows the run, the second by any.
    { match: { prompt: 'read', attempt: 1 }, fault: { kind: '500' } },
    { match: { prompt: 'read' }, reply: { blocks: [asks], delayMs: 7000 } },
    { reply: { text: 'Done.' } },
  ])
})
afterAll(() => stage.close())

/** An agent, and who knows it while another worker waits for its model; undefined when they are the same. */
async function started(task: string): Promise<{ run: WorkflowHandle; pid: number } | undefined> {
  const run = await stage.start('thread', { agent: AGENT, task, stream: false })
  const call = await until('a model call', async () => {
    const { raw } = await run.describe()
    return raw.pendingActivities?.find(
      ({ activityType, attempt = 0, state }) =>
        activityType?.name === 'answerTurn' && attempt === 2 && state === STARTED,
    )
  })
  const { events } = await run.fetchHistory()
  const known = events?.findLast(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes)
  const pid = Number.parseInt(known?.workflowTaskCompletedEventAttributes?.identity ?? '', 10)
  if (!call.lastWorkerIdentity?.startsWith(`${pid}@`)) return { run, pid }
  await run.terminate()
  return undefined
}

/** Three agents that are known to one worker while the other one waits for their models. */
async function apart() {
  for (let count = 1; count <= TRIES; count++) {
    const tasks = Array.from({ length: AT_ONCE }, (_, index) => `read ${count} ${index}`)
    const agents = (await Promise.all(tasks.map(started))).filter((agent) => agent !== undefined)
    for (const worker of stage.workers) {
      const [first, second, third] = agents.filter(({ pid }) => pid === worker.pid).map(({ run }) => run)
      if (first && second && third) return { worker: worker as WorkerProcess, runs: [first, second, third] as const }
    }
    await Promise.all(agents.map(({ run }) => run.terminate()))
  }
  throw new Error(`there were no three of ${AT_ONCE} agents apart, ${TRIES} times`)
}

const begunAgain = async (run: WorkflowHandle) => {
  const { events } = await run.fetchHistory()
  const failed = (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: task }) => (task ? [task] : []))
  return failed.map(({ failure }) => failure?.message)
}

it('a run that a query showed ahead of its history does what its replay does', { timeout: 60_000 }, async () => {
  const { worker, runs } = await apart()
  const [stopped, paused, twice] = runs
  await worker.kill()
  const stopping = async () => {
    await asked(stage, stopped, QUESTION)
    await stopped.signal('interrupt')
    await stopped.result()
    expect(await begunAgain(stopped)).toEqual([AHEAD])
    await verifyHistory(stopped)
  }
  const pausing = async () => {
    await asked(stage, paused, QUESTION)
    await paused.signal('pause')
    expect((await stage.status(paused)).approvals).toEqual([]) // paused before it came to that
    expect(await begunAgain(paused)).toEqual([AHEAD])
    await paused.signal('resume')
    const { digest } = await asked(stage, paused, QUESTION)
    await paused.signal('approve', { digest })
    await paused.result()
    await verifyHistory(paused)
  }
  const askingTwice = async () => {
    const first = asked(stage, twice, QUESTION)
    // Each query waits ten seconds for the worker that died: so the signal is there when this one is answered.
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const refused = expect(stage.status(twice)).rejects.toThrow(AHEAD)
    await first
    await twice.signal('interrupt')
    await refused
    await twice.result()
    await verifyHistory(twice)
  }
  await Promise.all([stopping(), pausing(), askingTwice()])
})
