// What a container's health check sees of a worker, from its start to its end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/ports.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { inFlight, requestsOf } from '../support/verify.js'

let stage: Stage

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  stage.simulator.setRules([{ reply: { text: 'yes', firstTokenMs: 50, delayMs: 3000 } }])
})

afterAll(() => stage?.close())

describe('a worker with a health port', () => {
  it('is well while it polls, not while it drains, and gone at its end', async () => {
    const port = await freePort()
    const health = () => fetch(`http://127.0.0.1:${port}/`).then(({ status }) => status)
    const worker = await stage.addWorker({ env: { ENSEMBLE_HEALTH_PORT: String(port) } })
    expect(await health()).toBe(200)
    const handle = await stage.start('parallel', { items: [{ prompt: 'health 1' }], confirm: 'never' })
    await until('the call in flight', () => inFlight(requestsOf(stage, 'health')).length === 1)
    const exit = worker.terminate()
    await until('the worker to drain', async () => (await health()) === 503)
    expect(inFlight(requestsOf(stage, 'health')).length).toBe(1)
    expect(await exit).toBe(0)
    await expect(health()).rejects.toThrow('fetch failed')
    await handle.terminate()
  })

  it('that is taken ends at once with the reason', async () => {
    const port = Number(new URL(stage.simulator.url).port)
    const started = stage.addWorker({ env: { ENSEMBLE_HEALTH_PORT: String(port) } })
    await expect(started).rejects.toThrow('exited with 1')
  })
})
