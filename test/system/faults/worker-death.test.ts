// Workers that die, at every point of a call, and workers that are asked to go. What they had finished is never paid
// again, and what they had in flight is paid at most once more.
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { items } from '../../support/items.js'
import { startProxy } from '../../support/proxy.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { billable, inFlight, requestsOf, verified } from '../../support/verify.js'
import type { WorkerProcess } from '../../support/worker-process.js'

const HEARTBEAT_TIMEOUT_MS = 15_000
/** `npm run soak` waits longer. */
const PAUSE_MS = process.env.ENSEMBLE_SOAK ? 60_000 : 20_000

let stage: Stage

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  const text = 'answer to {prompt}'
  stage.simulator.setRules([
    { match: { prompt: 'crowd ' }, reply: { text, firstTokenMs: 50, delayMs: 3000 } },
    { match: { prompt: 'outage ' }, reply: { text, firstTokenMs: 50, delayMs: 3000 } },
    { match: { prompt: 'unwritten ' }, reply: { text, firstTokenMs: 50, delayMs: 3000 } },
    { match: { prompt: 'undelivered ' }, reply: { text, firstTokenMs: 50, delayMs: 3000 } },
    { match: { prompt: 'drained ' }, reply: { text, firstTokenMs: 50, delayMs: 4000 } },
    { match: { prompt: 'long ', attempt: 1 }, reply: { text, firstTokenMs: 50, delayMs: 120_000 } },
    { reply: { text } },
  ])
})

afterAll(() => stage?.close())

describe.concurrent('a worker', () => {
  it('asked to go aborts what outlasts the grace time; another one repeats it, and nothing counts as interrupted', async () => {
    const first = await stage.addWorker({ taskQueue: 'f5-long' })
    const handle = await stage.start('parallel', single('long 1'), { taskQueue: 'f5-long' })
    await until('the call in flight', () => inFlight(requestsOf(stage, 'long')).length === 1)
    await stage.addWorker({ taskQueue: 'f5-long' })
    const asked = Date.now()
    expect(await first.terminate()).toBe(0)
    expect(Date.now() - asked).toBeGreaterThan(25_000)
    expect(Date.now() - asked).toBeLessThan(60_000)
    const {
      status,
      items: [item],
    } = await verified(handle, ['1'])
    expect(status).toBe('completed')
    expect(item).toMatchObject({ status: 'ok', text: 'answer to long 1', attempts: 2 })
    expect(requestsOf(stage, 'long').map(({ outcome }) => outcome)).toEqual(['aborted', 'answered'])
  })

  it('killed in mid fan-out costs at most what it had in flight; the other one goes on in time', async () => {
    const all = items('crowd', 50)
    const workers = [await stage.addWorker({ taskQueue: 'f1' }), await stage.addWorker({ taskQueue: 'f1' })]
    const handle = await stage.start('parallel', { items: all, concurrency: 50, confirm: 'never' }, { taskQueue: 'f1' })
    await until('50 calls in flight', () => inFlight(requestsOf(stage, 'crowd')).length === 50)
    const counts = await Promise.all(workers.map((worker) => callsOf(handle, worker)))
    const [most, victim] = (counts[0] ?? 0) >= (counts[1] ?? 0) ? [counts[0], workers[0]] : [counts[1], workers[1]]
    const atKill = inFlight(requestsOf(stage, 'crowd')).length
    const killedAt = Date.now()
    await victim?.kill()
    expect(atKill).toBe(50)
    expect(most).toBeGreaterThan(0)
    const result = await verified(
      handle,
      all.map((item) => item.id),
    )
    expect(result.status).toBe('completed')
    expect(result.items.map((item) => item.text)).toEqual(all.map((item) => `answer to ${item.prompt}`))
    const requests = requestsOf(stage, 'crowd')
    const repeated = requests.filter(({ at }) => at > killedAt)
    expect(repeated.length).toBe(most)
    expect((repeated[0]?.at ?? 0) - killedAt).toBeLessThanOrEqual(HEARTBEAT_TIMEOUT_MS + 5000)
    expect(billable(requests).length).toBeLessThanOrEqual(50 + atKill)
  })

  it('that was the only one leaves a run that another one finishes later, paying again only what was in flight', async () => {
    const all = items('outage', 50)
    const only = await stage.addWorker({ taskQueue: 'f2' })
    const handle = await stage.start('parallel', { items: all, concurrency: 20, confirm: 'never' }, { taskQueue: 'f2' })
    // Half a second after the last answer all of the first twenty are surely in the journal.
    await until('the second twenty in flight', () => {
      const requests = requestsOf(stage, 'outage')
      const lastEnd = Math.max(...requests.map(({ endedAt }) => endedAt ?? 0))
      return requests.length === 40 && inFlight(requests).length === 20 && Date.now() - lastEnd > 500
    })
    const atKill = inFlight(requestsOf(stage, 'outage')).length
    await only.kill()
    expect(atKill).toBe(20)
    const before = requestsOf(stage, 'outage').length
    expect(before).toBe(40)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    expect(requestsOf(stage, 'outage').length).toBe(before)
    await stage.addWorker({ taskQueue: 'f2' })
    const result = await verified(
      handle,
      all.map((item) => item.id),
    )
    expect(result.status).toBe('completed')
    expect(result.items.map((item) => item.text)).toEqual(all.map((item) => `answer to ${item.prompt}`))
    expect(billable(requestsOf(stage, 'outage')).length).toBe(50 + atKill)
  })

  it('killed between the answer and the journal costs exactly one more call', async () => {
    const first = await stage.addWorker({ taskQueue: 'f3-unwritten' })
    const handle = await stage.start('parallel', single('unwritten 1'), { taskQueue: 'f3-unwritten' })
    const step = await until('the call to be in the journal', () => stepOf(handle))
    await until('the call in flight', () => inFlight(requestsOf(stage, 'unwritten')).length === 1)
    // A file where the step's directory was: the answer comes, but it cannot be written down.
    await rename(step, `${step}.away`)
    await writeFile(step, '')
    await until('the answer to be refused by the disk', async () => {
      const [pending] = (await handle.describe()).raw.pendingActivities ?? []
      return pending?.lastFailure?.applicationFailureInfo?.type === 'StorageUnreachable'
    })
    expect(requestsOf(stage, 'unwritten').map(({ outcome }) => outcome)).toEqual(['answered'])
    await first.kill()
    await rm(step)
    await rename(`${step}.away`, step)
    expect(answersIn(await readdir(step))).toEqual([])
    await stage.addWorker({ taskQueue: 'f3-unwritten' })
    const {
      status,
      items: [item],
    } = await verified(handle, ['1'])
    expect(status).toBe('completed')
    expect(item).toMatchObject({ text: 'answer to unwritten 1', attempts: 2 })
    expect(requestsOf(stage, 'unwritten').length).toBe(2)
  })

  it('killed after the journal and before it could report costs no further call', async () => {
    const proxy = await startProxy(stage.server.port)
    const first = await stage.addWorker({ taskQueue: 'f3-undelivered', address: proxy.address })
    const handle = await stage.start('parallel', single('undelivered 1'), { taskQueue: 'f3-undelivered' })
    const step = await until('the call to be in the journal', () => stepOf(handle))
    await until('the call in flight', () => inFlight(requestsOf(stage, 'undelivered')).length === 1)
    proxy.blackHole()
    await until('the answer in the journal', async () => answersIn(await readdir(step)).length === 1)
    await first.kill()
    expect(proxy.hit()).toBeGreaterThan(0)
    expect((await handle.describe()).raw.pendingActivities?.length).toBe(1)
    await stage.addWorker({ taskQueue: 'f3-undelivered' })
    const {
      status,
      items: [item],
    } = await verified(handle, ['1'])
    expect(status).toBe('completed')
    expect(item).toMatchObject({ text: 'answer to undelivered 1', attempts: 1 })
    expect(requestsOf(stage, 'undelivered').length).toBe(1)
    await proxy.close()
  })

  it('asked to go finishes its calls within the grace time; another one makes the rest', async () => {
    const all = items('drained', 8)
    const first = await stage.addWorker({ taskQueue: 'f5' })
    const handle = await stage.start('parallel', { items: all, concurrency: 4, confirm: 'never' }, { taskQueue: 'f5' })
    const early = await until('four calls in flight', () => {
      const ids = inFlight(requestsOf(stage, 'drained')).map(({ requestId }) => requestId)
      return ids.length === 4 && new Set(ids)
    })
    const asked = Date.now()
    const exit = first.terminate()
    await stage.addWorker({ taskQueue: 'f5' })
    expect(await exit).toBe(0)
    const gone = Date.now()
    expect(gone - asked).toBeLessThan(30_000)
    const result = await verified(
      handle,
      all.map((item) => item.id),
    )
    expect(result.status).toBe('completed')
    const begun = requestsOf(stage, 'drained').filter(({ requestId }) => early.has(requestId))
    expect(begun.length).toBe(4)
    expect(begun.map(({ outcome }) => outcome)).toEqual(Array(4).fill('answered'))
    for (const { endedAt } of begun) expect(endedAt).toBeGreaterThan(asked)
    for (const { endedAt } of begun) expect(endedAt).toBeLessThan(gone)
    expect(requestsOf(stage, 'drained').length).toBe(8)
  })
})

function single(prompt: string) {
  return { items: [{ id: '1', prompt }], confirm: 'never' }
}

/** How many calls of the run this worker has. */
async function callsOf(handle: WorkflowHandle, worker: WorkerProcess): Promise<number> {
  const { pendingActivities } = (await handle.describe()).raw
  return (pendingActivities ?? []).filter(({ lastWorkerIdentity }) => lastWorkerIdentity?.startsWith(`${worker.pid}@`))
    .length
}

/** The journal's directory of the only call of a run, once it has one. */
async function stepOf(handle: WorkflowHandle): Promise<string | undefined> {
  const roots = join(stage.home, 'store', 'roots')
  for (const prefix of await readdir(roots).catch(() => [])) {
    for (const name of await readdir(join(roots, prefix))) {
      const root = join(roots, prefix, name)
      if (name.startsWith('.') || !(await ownerOf(root)).includes(handle.workflowId)) continue
      const [step] = await readdir(join(root, 'steps'))
      if (step) return join(root, 'steps', step)
    }
  }
  return undefined
}

async function ownerOf(root: string): Promise<string> {
  return readFile(join(root, 'root.json'), 'utf8')
}

function answersIn(names: string[]): string[] {
  return names.filter((name) => name.startsWith('answer.'))
}
