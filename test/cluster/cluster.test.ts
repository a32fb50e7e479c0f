// The production topology at work: a server on PostgreSQL, two workers that share a store, one of them killed in the middle
// of everything. Results are exact, and nothing is paid twice but what was in flight.
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { items } from '../support/items.js'
import { until } from '../support/until.js'
import { billable, inFlight } from '../support/verify.js'
import { type Cluster, type ClusterWorker, openCluster } from './cluster.js'

const FILES = [
  { path: 'src/login.ts', text: 'export function login(name: string) {\n  return eval(name)\n}\n' },
  { path: 'src/empty-loop.ts', text: 'for (const a of list) {\n  for (const b of list) work(a, b)\n}\n' },
]
const EXPERTS = ['security', 'performance', 'tests']
const SLOW = { firstTokenMs: 50, delayMs: 3000 }
/** As long as all of `parallel`, so that there is a moment when all three have calls in flight, however slow the machine. */
const SLOWER = { firstTokenMs: 50, delayMs: 12_000 }

let cluster: Cluster

beforeAll(async () => {
  cluster = await openCluster()
}, 180_000)

afterAll(() => cluster?.close())

const requests = () => cluster.simulator.journal().requests
const one = (title: string) => ({
  findings: [{ file: 'src/login.ts', line: 2, severity: 'high', title, detail: 'Do not.' }],
})

/** The worker that has most of a run's calls. A call names the process that makes it, which is of its worker's group. */
async function hostOf(id: string): Promise<ClusterWorker> {
  const { pendingActivities } = (await cluster.client.workflow.getHandle(id).describe()).raw
  const processes = pendingActivities?.map(({ lastWorkerIdentity }) => lastWorkerIdentity?.split('@')[0] ?? '') ?? []
  const groups = processes.map((pid) => Number(execFileSync('ps', ['-o', 'pgid=', '-p', pid], { encoding: 'utf8' })))
  const calls = ({ pid }: ClusterWorker) => groups.filter((group) => group === pid).length
  const [most] = [...cluster.workers].sort((a, b) => calls(b) - calls(a))
  expect(calls(most!)).toBeGreaterThan(0)
  return most!
}

describe('the cluster', () => {
  it('finishes parallel, review and a thread exactly though a worker is killed in their middle', async () => {
    const all = items('cluster', 30)
    cluster.simulator.setRules([
      { match: { prompt: 'cluster ' }, reply: { text: 'answer to {prompt}', ...SLOW } },
      { match: { prompt: 'hello' }, reply: { text: 'hello yourself', ...SLOWER } },
      { match: { prompt: 'and again' }, reply: { text: 'as I said' } },
      { match: { system: 'sum up a code review' }, reply: { text: 'Two things to mend.' } },
      ...EXPERTS.map((name) => ({
        match: { system: `/You are the ${name} expert/` },
        reply: { json: one(`Seen by ${name}`), ...SLOWER },
      })),
    ])
    const { ensemble } = cluster
    const [parallel, review] = await Promise.all([
      ensemble.start('parallel', { items: all, concurrency: 8, confirm: 'never' }),
      ensemble.start('review', { files: FILES, experts: EXPERTS, confirm: 'never', inlineBytes: 100_000 }),
    ])
    const thread = ensemble.thread('cluster-talk', { system: 'Be brief.' })
    const answered = thread.send('hello')
    answered.catch(() => {}) // awaited below
    await until(
      'calls of all three in flight',
      () => {
        const heads = inFlight(requests()).map(({ promptHead }) => promptHead)
        const [ofParallel, ofThread] = ['cluster ', 'hello'].map((head) => heads.filter((one) => one.startsWith(head)))
        return ofParallel!.length > 0 && ofThread!.length > 0 && heads.length > ofParallel!.length + ofThread!.length
      },
      60,
    )
    const victim = await hostOf(parallel.id)
    const atKill = inFlight(requests()).length // in the tick of the kill: nothing can begin between
    await victim.end('SIGKILL')
    await until('its calls to be cut', () => inFlight(requests()).length < atKill)
    await cluster.addWorker() // as the restart policy would

    const { status, items: done } = await parallel.result()
    expect(status).toBe('completed')
    expect(done.map(({ id, status, text }) => [id, status, text])).toEqual(
      all.map(({ id, prompt }) => [id, 'ok', `answer to ${prompt}`]),
    )
    const reviewed = await review.result()
    expect(reviewed.status).toBe('completed')
    expect(reviewed.findings?.map(({ file, line, verified }) => [file, line, verified])).toEqual([
      ['src/login.ts', 2, true],
    ])
    expect(reviewed.findings?.[0]?.expert.split(', ').sort()).toEqual([...EXPERTS].sort())
    expect((await answered).text).toBe('hello yourself')
    expect((await thread.send('and again')).text).toBe('as I said')
    const needed = all.length + EXPERTS.length + 1 + 2
    expect(billable(requests()).length).toBeGreaterThanOrEqual(needed)
    expect(billable(requests()).length).toBeLessThanOrEqual(needed + atKill)
  })

  it('lists what waits for a person by the registered search attribute', async () => {
    const { ensemble, client } = cluster
    expect([...(await ensemble.searchAttributes())]).toEqual(expect.arrayContaining(['EnsembleWaiting', 'EnsembleUsd']))
    cluster.simulator.setRules([{ reply: { text: 'yes' } }])
    const run = await ensemble.start('parallel', { items: [{ prompt: 'shall I?' }], confirm: 'always' })
    const waiting = async () => {
      const ids: string[] = []
      for await (const { workflowId } of client.workflow.list({ query: 'EnsembleWaiting = true' })) ids.push(workflowId)
      return ids
    }
    await until('the run to be listed as waiting', async () => (await waiting()).includes(run.id))
    const [approval] = (await run.status()).approvals
    await run.approve({ digest: approval!.digest, by: 'reviewer' })
    expect((await run.result()).status).toBe('completed')
    await until('nothing to be listed as waiting', async () => (await waiting()).length === 0)
  })

  it('is left as it is when its jobs run again, as they do at every start', async () => {
    expect(await cluster.job('schema')).toContain('the databases are ready')
    expect(await cluster.job('namespace')).toContain('namespace default is ready')
    expect((await cluster.ensemble.run('cluster-talk').facts()).open).toBe(true)
    expect(await cluster.ensemble.serverVersion()).toMatch(/^1\./)
  })

  it('ends its workers well when they are told to go', async () => {
    const living = cluster.workers.filter((worker) => worker.running())
    expect(living.length).toBe(2)
    expect(await Promise.all(living.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0])
  })
})
