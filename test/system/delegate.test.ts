// A delegation as people and machines meet it: from the command line, with a worker that dies in the middle, started
// again in part, and when what nobody needs is collected.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../src/client/ensemble.js'
import { directoryStore } from '../../src/storage/store.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { inFlight, requestsOf } from '../support/verify.js'

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname
const PLANNER = '/You plan how a team/'
const TASK = 'Design a REST API with authentication, write its tests and document it for newcomers'

let stage: Stage
let ensemble: Ensemble

beforeAll(async () => {
  stage = await openStage()
  const { address } = stage.server
  const storeDir = join(stage.home, 'store')
  ensemble = await connectTo({ address, namespace: 'default', taskQueue: 'ensemble', storeDir })
})
afterAll(async () => {
  await ensemble?.close()
  await stage?.close()
})

type Ended = { code: number; out: string; err: string }
function cli(...args: string[]): Promise<Ended> {
  const env = {
    PATH: process.env.PATH,
    HOME: stage.home,
    TEMPORAL_ADDRESS: stage.server.address,
    ENSEMBLE_HOME: stage.home,
    ANTHROPIC_BASE_URL: stage.simulator.url,
  }
  return new Promise((done) => {
    const child = execFile(process.execPath, [MAIN, ...args], { cwd: stage.home, env }, (error, out, err) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
    child.stdin?.end()
  })
}

const rules = (word: string, reply: object = {}) => [
  {
    match: { system: PLANNER, prompt: `/^${word} whole/` },
    reply: { json: { parts: ['a', 'b'].map((id) => ({ id, task: `${word} ${id}`, delegate: id === 'b' })) } },
  },
  {
    match: { system: PLANNER, prompt: `/^${word} b/` },
    reply: { json: { parts: ['c', 'd'].map((id) => ({ id, task: `${word} ${id}` })) } },
  },
  { match: { prompt: `/^${word} [acd]/` }, reply: { text: 'answer to {prompt}', ...reply } },
]

describe('a worker killed in the middle of a delegation', () => {
  it('loses nothing: what was answered is not asked again, what was in flight is asked once more', async () => {
    stage.simulator.setRules(rules('kill', { firstTokenMs: 50, delayMs: 3000 }))
    const taskQueue = 'kill'
    const first = await stage.addWorker({ taskQueue })
    const handle = await stage.start('delegate', { task: 'kill whole', confirm: 'never' }, { taskQueue })
    const flying = () => inFlight(requestsOf(stage, 'kill'))
    await until('all three parts in flight', () => requestsOf(stage, 'kill').length === 5 && flying().length === 3)
    await first.kill()
    const before = requestsOf(stage, 'kill').length
    await stage.addWorker({ taskQueue })
    const { status, tree } = await handle.result()
    expect(status).toBe('completed')
    expect(tree.parts[0].answer).toBe('answer to kill a')
    expect(tree.parts[1].parts.map((part: { answer: string }) => part.answer)).toEqual([
      'answer to kill c',
      'answer to kill d',
    ])
    const heads = requestsOf(stage, 'kill').map(({ promptHead }) => promptHead)
    expect(heads.slice(before).sort()).toEqual(['kill a', 'kill c', 'kill d'])
  })
})

describe('a delegation', () => {
  it('is one run in lists, keeps everything under one root, and its parts are found by their ids', async () => {
    stage.simulator.setRules(rules('root', { bytes: 20_000 }))
    const run = await ensemble.start('delegate', { task: 'root whole', confirm: 'never' }, { id: 'root-run' })
    const result = await run.result()
    const listed: string[] = []
    for await (const { id } of ensemble.list()) listed.push(id)
    expect(listed.filter((id) => id.startsWith('root-run'))).toEqual(['root-run'])
    expect(await ensemble.run('root-run/b/c').facts()).toMatchObject({ status: 'completed', partOf: 'root-run/b' })
    await expect(ensemble.rerun('root-run/b')).rejects.toThrow(/is a part of run "root-run"/)
    const store = directoryStore(join(stage.home, 'store'))
    expect((await store.roots()).filter(({ workflowId }) => workflowId.startsWith('root-run'))).toHaveLength(1)
    await store.gc(({ workflowId }) => workflowId === 'root-run', { graceMs: 0 })
    const { value, missing } = await ensemble.texts(result)
    expect(missing).toEqual([])
    expect(JSON.stringify(value.tree)).toContain('answer to root d')
  })

  it('run again for one part asks that one and the integration, and nothing else', async () => {
    stage.simulator.setRules(rules('again'))
    const run = await ensemble.start('delegate', { task: 'again whole', confirm: 'never' })
    await run.result()
    stage.simulator.resetJournal()
    stage.simulator.setRules(rules('again', { text: 'another answer to {prompt}' }))
    const again = await ensemble.rerun(run.id, { items: ['b'] })
    const { status, items } = await again.result()
    expect(status).toBe('completed')
    expect(items.find(({ id }) => id === 'a')).toMatchObject({ text: 'answer to again a', attempts: 0, usd: 0 })
    const heads = stage.simulator.journal().requests.map(({ promptHead }) => promptHead)
    expect(heads.filter((head) => head.startsWith('again')).sort()).toEqual(['again b', 'again c', 'again d'])
    expect(heads.filter((head) => head.startsWith('The whole task')).length).toBe(2)
    await expect((await ensemble.rerun(run.id, { items: ['zz'] })).result()).rejects.toThrow(/has no zz; it has a, b/)
  })
})

describe('run delegate', () => {
  it('shows parts and price, takes a note, and prints the answer', async () => {
    stage.simulator.setRules([])
    const waiting = await cli('run', 'delegate', TASK, '--confirm', 'always', '--id', 'from-cli')
    expect(waiting.code).toBe(10)
    expect(waiting.err).toMatch(/3 parts: design-a-rest-api, write-its-tests, document-it-for for \$/)
    expect(waiting.err).toMatch(/write-its-tests: write its tests/)
    const revised = await cli('revise', 'from-cli', '--note', 'two parts are enough')
    expect(revised.code).toBe(10)
    expect(revised.err).toMatch(/2 parts: /)
    const { code, out, err } = await cli('approve', 'from-cli')
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(out).toMatch(/^SIMULATED integration of 2 parts/)
  })

  it.each([
    [['run', 'delegate'], /got no task/],
    [['run', 'delegate', ' '], /got no task/],
    [['run', 'delegate', 'x', '--depth', '5'], /Wanted 1 to 4/],
    [['run', 'delegate', 'x', '--file', 'y'], /wanted one/],
  ])('%j is refused with 2', async (args, why) => {
    expect(await cli(...args)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(why) })
  })
})
