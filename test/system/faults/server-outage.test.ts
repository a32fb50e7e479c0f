// The Temporal server dies, or the network between it and a worker does, while calls are in flight and while their
// answers arrive. Workers come back by themselves, and what was asked once is not paid twice: a second attempt joins
// the first one's request, or finds its answer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { items } from '../../support/items.js'
import { startProxy } from '../../support/proxy.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { inFlight, requestsOf, verified } from '../../support/verify.js'

/** Long, so that something arrives all the time, however slowly. */
const text = `answer to {prompt}${' and so on'.repeat(200)}`
const answerTo = (prompt: string) => text.replace('{prompt}', prompt)

describe.concurrent('a server that is killed', () => {
  const soak = process.env.ENSEMBLE_SOAK ? [300] : []
  it.each([5, 30, ...soak])(
    'for %i s while calls are in flight and answers arrive costs no second call',
    async (down) => {
      const stage = await openStage({ workers: 2 })
      try {
        await outage(stage, down)
      } finally {
        await stage.close()
      }
    },
  )
})

/** The answers of five calls come while the server is down, those of five others after it. */
async function outage(stage: Stage, downSeconds: number): Promise<void> {
  const longMs = downSeconds * 1100 + 5000
  stage.simulator.setRules([
    { match: { prompt: 'during ' }, reply: { text, firstTokenMs: 50, delayMs: 3000 } },
    { match: { prompt: 'after ' }, reply: { text, firstTokenMs: 50, delayMs: longMs } },
    { reply: { text } },
  ])
  const all = [...items('during', 5), ...items('after', 5), ...items('next', 5)].map(({ prompt }) => ({
    id: prompt,
    prompt,
  }))
  const handle = await stage.start('parallel', { items: all, concurrency: 10, confirm: 'never', timeoutSeconds: 600 })
  await until('ten calls in flight', () => inFlight(requestsOf(stage, '')).length === 10)
  await stage.server.kill()
  const killedAt = Date.now()
  expect(inFlight(requestsOf(stage, '')).length).toBe(10)
  await new Promise((resolve) => setTimeout(resolve, downSeconds * 1000))
  const answeredWhileDown = requestsOf(stage, 'during').filter(({ outcome }) => outcome === 'answered')
  expect(answeredWhileDown.length).toBe(5)
  for (const { endedAt } of answeredWhileDown) expect(endedAt).toBeGreaterThan(killedAt)
  expect(inFlight(requestsOf(stage, 'after')).length).toBe(5)
  expect(requestsOf(stage, 'next')).toEqual([])
  await stage.server.start()
  const result = await verified(
    handle,
    all.map((item) => item.id),
  )
  expect(result.status).toBe('completed')
  expect(result.items.map((item) => item.text)).toEqual(all.map((item) => answerTo(item.prompt)))
  expect(result.items.map((item) => item.attempts)).toEqual(all.map(() => 1))
  expect(requestsOf(stage, '').map(({ outcome }) => outcome)).toEqual(all.map(() => 'answered'))
  expect(stage.workers.every((worker) => worker.running())).toBe(true)
}

describe.concurrent('a network that is cut', () => {
  let stage: Stage

  beforeAll(async () => {
    stage = await openStage({ workers: 0 })
    stage.simulator.setRules([
      { match: { prompt: 'again' }, reply: { text } },
      { reply: { text, firstTokenMs: 50, delayMs: 22_000 } },
    ])
  })

  afterAll(() => stage?.close())

  for (const cut of ['refuse', 'blackHole'] as const) {
    it(`(${cut}) between a worker and the server: another worker joins its calls, and its late results are ignored`, async () => {
      const queue = `cut-${cut}`
      const all = items(cut, 5)
      const proxy = await startProxy(stage.server.port)
      const first = await stage.addWorker({ taskQueue: queue, address: proxy.address })
      const handle = await stage.start(
        'parallel',
        { items: all, concurrency: 5, confirm: 'never' },
        { taskQueue: queue },
      )
      await until('five calls in flight', () => inFlight(requestsOf(stage, cut)).length === 5)
      proxy[cut]()
      await stage.addWorker({ taskQueue: queue })
      await until('the server to give the calls to the other worker', async () => {
        const { pendingActivities } = (await handle.describe()).raw
        return pendingActivities?.length === 5 && pendingActivities.every(({ attempt }) => attempt === 2)
      })
      expect(proxy.hit()).toBeGreaterThan(0)
      expect(inFlight(requestsOf(stage, cut)).length).toBe(5)
      const result = await verified(
        handle,
        all.map((item) => item.id),
      )
      const ended = await handle.describe()
      proxy.heal()
      expect(result.status).toBe('completed')
      expect(result.items.map((item) => item.text)).toEqual(all.map((item) => answerTo(item.prompt)))
      // The first worker comes back, with results nobody waits for, and works on.
      const again = await stage.start(
        'parallel',
        { items: [{ prompt: `${cut} again` }], confirm: 'never' },
        { taskQueue: queue },
      )
      expect(await first.terminate()).toBe(0)
      expect((await verified(again, ['1'])).status).toBe('completed')
      expect(requestsOf(stage, `${cut} 0`).map(({ outcome }) => outcome)).toEqual(all.map(() => 'answered'))
      expect((await handle.describe()).historyLength).toBe(ended.historyLength)
      await proxy.close()
    })
  }
})
