// What Prometheus reads from a real worker after calls that went well, were made again, were stopped and wait for a
// person, and what its log says of them.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo } from '../../src/client/ensemble.js'
import { METRICS } from '../../src/contracts/metrics.js'
import { freePort } from '../support/ports.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { inFlight, requestsOf } from '../support/verify.js'

/** Labels of a series and its value. */
type Sample = { name: string; labels: Record<string, string>; value: number }

let stage: Stage
let port: number

const scrape = async (at: number) => (await fetch(`http://127.0.0.1:${at}/metrics`)).text()

async function samples(at = port): Promise<Sample[]> {
  const lines = (await scrape(at)).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text])
    return { name, labels: Object.fromEntries(pairs), value: Number(value) }
  })
}

const counted = (all: Sample[], name: string, labels: Record<string, string> = {}) =>
  all
    .filter((one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text))
    .reduce((sum, { value }) => sum + value, 0)

beforeAll(async () => {
  port = await freePort()
  stage = await openStage({ workers: 0, searchAttributes: true })
  stage.simulator.setRules([
    { match: { prompt: '/^flaky/', attempt: 1 }, fault: { kind: '500' } },
    { match: { prompt: '/^slow/' }, reply: { text: 'answer', firstTokenMs: 50, delayMs: 60_000 } },
    { reply: { text: 'answer' } },
  ])
  await stage.addWorker({ env: { ENSEMBLE_METRICS_PORT: String(port) } })
})

afterAll(() => stage?.close())

describe('a worker with a metrics port', () => {
  it('counts calls, tokens, dollars, what was made again and how fast it stopped', async () => {
    const items = ['fine', 'flaky', 'slow'].map((id) => ({ id, prompt: `${id} metrics` }))
    const sharedSystem = 'What all of them are told. '.repeat(4000)
    const input = { items, sharedSystem, confirm: 'never', model: 'haiku' }
    const handle = await stage.start('parallel', input, { id: 'counted' })
    await until('only the slow call to be in flight', async () => {
      const ended = (await stage.status(handle)).items.filter(({ status }) => status === 'ok')
      return ended.length === 2 && inFlight(requestsOf(stage, 'slow')).length === 1
    })
    await handle.signal('interrupt')
    await handle.result()

    const all = await samples()
    const model = 'claude-haiku-5-5'
    expect(counted(all, 'ensemble_calls_total', { model, outcome: 'ok' })).toBe(2)
    expect(counted(all, 'ensemble_calls_total', { model, outcome: 'error' })).toBe(1)
    expect(counted(all, 'ensemble_calls_total', { model, outcome: 'interrupted' })).toBe(1)
    expect(counted(all, 'ensemble_call_seconds_count', { model })).toBe(4)
    expect(counted(all, 'ensemble_retries_total', { model, reason: 'ServerError' })).toBe(1)
    expect(counted(all, 'ensemble_tokens_total', { model, kind: 'input' })).toBeGreaterThan(0)
    expect(counted(all, 'ensemble_tokens_total', { model, kind: 'output' })).toBeGreaterThan(0)
    expect(counted(all, 'ensemble_tokens_total', { model, kind: 'cache_write' })).toBeGreaterThan(0)
    expect(counted(all, 'ensemble_tokens_total', { model, kind: 'cache_read' })).toBeGreaterThan(0)
    expect(counted(all, 'ensemble_cache_hits_total', { model })).toBeGreaterThan(0)
    expect(counted(all, 'ensemble_call_usd_sum', { model })).toBeGreaterThan(0)
    expect(counted(all, 'ensemble_interruption_latency_seconds_count')).toBe(1)
    expect(counted(all, 'ensemble_interruption_latency_seconds_sum')).toBeGreaterThan(0)
    expect(all.some(({ name }) => name === 'temporal_worker_task_slots_used')).toBe(true)
  })

  it('counts with the labels it promises, and no others', async () => {
    const all = await samples()
    const ours = all.filter(({ name }) => /^(agent|ensemble)_/.test(name))
    for (const { name, labels } of ours) {
      const [, metric] =
        Object.entries(METRICS).find(([known]) => name.replace(/_(bucket|sum|count)$/, '') === known) ?? []
      expect([...(metric?.labels ?? [])].sort(), name).toEqual(
        Object.keys(labels)
          .filter((label) => label !== 'le')
          .sort(),
      )
    }
  })

  it('knows how many runs wait for a person', async () => {
    // By the library, which gives a run its search attributes.
    const storeDir = join(stage.home, 'store')
    const { address } = stage.server
    const ensemble = await connectTo({ address, namespace: 'default', taskQueue: 'ensemble', storeDir })
    const { id } = await ensemble.start('parallel', { items: [{ prompt: 'may I?' }], confirm: 'always' })
    await ensemble.close()
    await until('the server to list it', async () => {
      const { count } = await stage.client.workflow.count("EnsembleWaiting = true AND ExecutionStatus = 'Running'")
      return count === 1
    })
    // A worker that starts asks at once.
    const other = await freePort()
    await stage.addWorker({ env: { ENSEMBLE_METRICS_PORT: String(other) } })
    await until('the number', async () => counted(await samples(other), 'ensemble_approvals_waiting') === 1)
    await stage.client.workflow.getHandle(id).terminate()
  })

  it('says in its log when a call of which run started and how it ended', async () => {
    const log = await readFile(join(stage.home, 'workers.log'), 'utf8')
    const lines = log
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
    const of = (step: string) => lines.filter((line) => line.run === 'counted' && line.step === step)
    expect(of('item:fine').map(({ msg }) => msg)).toEqual(['callClaude started', 'callClaude finished'])
    expect(of('item:fine')[1]).toMatchObject({
      agent: expect.stringContaining('fine'),
      outcome: 'answered',
      ms: expect.any(Number),
    })
    expect(of('item:flaky').map(({ msg, attempt }) => [msg, attempt])).toEqual([
      ['callClaude started', 1],
      ['callClaude failed', 1],
      ['callClaude started', 2],
      ['callClaude finished', 2],
    ])
    expect(log).not.toContain('fine metrics')
  })

  it('that is taken ends at once with the reason', async () => {
    await expect(stage.addWorker({ env: { ENSEMBLE_METRICS_PORT: String(port) } })).rejects.toThrow('exited with 1')
  })
})
