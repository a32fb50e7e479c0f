// Records the streams of runs, as record.ts does the runs: one that a reader read to its end, one that continued as new.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectTo } from '../../src/client/ensemble.js'
import { POLL_UPDATE, type Poll, type Polled, PUBLISH_SIGNAL } from '../../src/contracts/stream.js'
import { openStage, type Stage } from '../support/stage.js'
import { reader } from '../support/text-reader.js'
import { until } from '../support/until.js'
import { isThere, keep } from './keep.js'

const SHOWN = { text: 'Shown as it is written. '.repeat(20), delayMs: 1500 }
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([
    { match: { prompt: 'cut', attempt: 1 }, reply: SHOWN, fault: { kind: 'cut', at: 50 } },
    { match: { prompt: 'shown' }, reply: SHOWN },
  ])
})
afterAll(() => stage.close())

it('stream', async () => {
  if (isThere('stream')) return
  const { address } = stage.server
  const storeDir = join(stage.home, 'store')
  const ensemble = await connectTo({ address, namespace: 'default', taskQueue: 'ensemble', storeDir })
  const items = [{ prompt: 'shown' }, { prompt: 'shown and cut' }]
  const run = await ensemble.start('parallel', { items, confirm: 'never', stream: true })
  const handle = stage.client.workflow.getHandle(`${run.id}/stream`)
  const read = await reader(run)
  expect(read).toMatchObject({ resets: 1, end: { texts: { streamed: 2 } } })
  await handle.result()
  await ensemble.close()
  await keep(stage, 'stream', handle)
})

it('stream-continued', async () => {
  if (isThere('stream-continued-last')) return
  const workflowId = 'loaded/stream'
  const handle = await stage.client.workflow.start('stream', { taskQueue: 'ensemble', workflowId })
  const { runId } = await handle.describe()
  const now = stage.client.workflow.getHandle(workflowId)
  const poll = (from_offset: number) =>
    now.executeUpdate<Polled, [Poll]>(POLL_UPDATE, { args: [{ topics: [], from_offset, reader: 'r', wait: true }] })
  const publish = (sequence: number) =>
    now.signal(PUBLISH_SIGNAL, { publisher_id: 'p', sequence, items: [{ topic: 't', data: 'AAAA' }] })
  const { next_offset: next } = await publish(1).then(() => poll(0))
  await expect(poll(next + 100_000)).rejects.toThrow()
  for (let sequence = 2; sequence < 4050; sequence += 50)
    await Promise.all(Array.from({ length: 50 }, (_, more) => publish(sequence + more)))
  await until('the stream to continue as new', async () => (await now.describe()).runId !== runId)
  await until('a poll to be taken', () =>
    poll(next).then(
      ({ items }) => items.length > 0,
      () => false,
    ),
  )
  await now.signal('over', { reader: 'r' })
  await now.result()
  await keep(stage, 'stream-continued-first', now, runId)
  await keep(stage, 'stream-continued-last', now)
})
