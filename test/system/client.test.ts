// The library against a real server, worker and simulator.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../src/client/ensemble.js'
import {
  AnswerRefusedError,
  ConnectionError,
  InvalidInputError,
  NoResultError,
  RunNotFoundError,
} from '../../src/client/errors.js'
import type { RunEvent } from '../../src/client/run-event.js'
import { MEMO } from '../../src/contracts/names.js'
import { freePort } from '../support/ports.js'
import { openStage, type Stage } from '../support/stage.js'

let stage: Stage
let ensemble: Ensemble
const options = () => {
  const storeDir = `${stage.home}/store`
  return { address: stage.server.address, namespace: 'default', taskQueue: 'ensemble', storeDir }
}
beforeAll(async () => {
  stage = await openStage()
  ensemble = await connectTo(options())
})
afterAll(async () => {
  await ensemble.close()
  await stage.close()
})

it('events tell the question, an answer to it counts, and the result is there at the end', async () => {
  const run = await ensemble.start('parallel', { items: [{ prompt: 'one' }, { prompt: 'two' }], confirm: 'always' })
  const types: RunEvent['type'][] = []
  for await (const event of run.events()) {
    types.push(event.type)
    if (event.type !== 'approval') continue
    await expect(run.approve({ digest: 'sha256:older' })).rejects.toThrow(AnswerRefusedError)
    const decided = await run.approve({ digest: event.digest, by: 'reviewer' })
    expect(decided).toMatchObject({ kind: 'approve', by: 'reviewer', digest: event.digest })
  }
  expect(types.filter((type) => type === 'approval')).toHaveLength(1)
  expect(types.filter((type) => type === 'item')).toHaveLength(2)
  expect(types.at(-1)).toBe('end')
  expect(await run.result()).toMatchObject({ status: 'completed', items: [{ status: 'ok' }, { status: 'ok' }] })
  await expect(run.approve()).rejects.toThrow(/is over/)
})

it('an address where nobody answers is named, as an error of its own', async () => {
  const address = `127.0.0.1:${await freePort()}`
  const error = await connectTo({ ...options(), address, connection: { connectTimeout: 500 } }).catch(
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain(`cannot reach the Temporal server at ${address}`)
})

it('a failed run gives its result like any other', async () => {
  stage.simulator.setRules([{ match: { prompt: 'wrong' }, fault: { kind: '400' } }])
  const run = await ensemble.start('parallel', { items: [{ prompt: 'wrong' }] })
  expect(await run.result()).toMatchObject({ status: 'failed', items: [{ error: { type: 'BadRequest' } }] })
})

it('a cancelled run has no result, and an unknown one is unknown', async () => {
  const run = await ensemble.start('parallel', { items: [{ prompt: 'x' }], confirm: 'always' })
  await run.cancel()
  const error = await run.result().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(NoResultError)
  expect(error).toMatchObject({ reason: 'cancelled' })
  await expect(ensemble.run('nobody').result()).rejects.toThrow(RunNotFoundError)
  await expect(ensemble.run('nobody').pause()).rejects.toThrow(RunNotFoundError)
})

it('an id started twice at once is one run with one payment', async () => {
  const input = { items: [{ prompt: 'only once' }] }
  const runs = await Promise.all([1, 2, 3].map(() => ensemble.start('parallel', input, { id: 'same' })))
  const results = await Promise.all(runs.map((run) => run.result()))
  expect(results[1]).toEqual(results[0])
  expect(stage.simulator.journal().byPrompt['only once']).toMatchObject({ posts: 1 })
  await expect(ensemble.start('parallel', { items: [{ prompt: 'x' }] }, { id: 'same' })).rejects.toThrow(
    InvalidInputError,
  )
})

it('large texts come as refs, and whole when asked for; another machine is told which it lacks', async () => {
  stage.simulator.setRules([{ match: { prompt: 'large' }, reply: { text: 'ü', bytes: 30_000 } }])
  const run = await ensemble.start('parallel', { items: [{ prompt: 'large' }] })
  const plain = await run.result()
  expect(plain.items[0]?.text).toMatchObject({ bytes: 30_000, ref: expect.stringMatching(/^sha256:/) })
  expect(await ensemble.text(plain.items[0]!.text!)).toBe('ü'.repeat(15_000))
  expect((await run.result({ resolve: true })).items[0]?.text).toBe('ü'.repeat(15_000))
  const elsewhere = await connectTo({ ...options(), storeDir: `${stage.home}/elsewhere` })
  const { value, missing } = await elsewhere.texts(plain)
  await elsewhere.close()
  expect(value).toEqual(plain)
  expect(missing).toEqual([plain.items[0]?.text])
})

it('a rerun of a rerun keeps the root of the original', async () => {
  stage.simulator.setRules([{ match: { prompt: 'stubborn' }, fault: { kind: '400' } }])
  const first = await ensemble.start('parallel', { items: [{ prompt: 'easy' }, { prompt: 'stubborn' }] })
  expect((await first.result()).status).toBe('partial')
  const second = await ensemble.rerun(first.id)
  expect((await second.result()).status).toBe('partial')
  stage.simulator.setRules([])
  const third = await ensemble.rerun(second.id)
  expect((await third.result()).status).toBe('completed')
  expect((await third.facts()).rerunOf?.root.workflowId).toBe(first.id)
  expect(stage.simulator.journal().byPrompt.easy).toMatchObject({ posts: 1 })
})

it('following warns within seconds that no worker is on the queue', async () => {
  const lonely = await connectTo({ ...options(), taskQueue: 'nobody-here' })
  const run = await lonely.start('parallel', { items: [{ prompt: 'x' }] })
  const began = Date.now()
  for await (const event of run.events()) {
    if (event.type !== 'warning') continue
    expect(event.message).toMatch(/"nobody-here".*ensemble up/)
    break
  }
  expect(Date.now() - began).toBeLessThan(6000)
  expect(await lonely.workers()).toEqual([])
  await run.cancel()
  await lonely.close()
})

it('starts where the server has no search attributes of ours, and sets them where it has', async () => {
  const run = await ensemble.start('parallel', { items: [{ prompt: 'x' }] })
  const description = await stage.client.workflow.getHandle(run.id).describe()
  expect(
    description.typedSearchAttributes
      .getAll()
      .map(({ key }) => key.name)
      .sort(),
  ).toEqual(['EnsembleUsd', 'EnsembleWaiting'])
  expect(description.memo?.[MEMO.input]).toMatch(/^[0-9a-f]{64}$/)
  expect(await description.staticSummary()).toBe('parallel · 1 item')
  await stage.client.connection.operatorService.removeSearchAttributes({
    namespace: 'default',
    searchAttributes: ['EnsembleWaiting', 'EnsembleUsd'],
  })
  const later = await connectTo(options())
  expect((await (await later.start('parallel', { items: [{ prompt: 'y' }] })).result()).status).toBe('completed')
  await later.close()
})
