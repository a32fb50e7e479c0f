// The workflow that holds a stream, by the protocol it speaks: it continues as new under load, takes a batch once all the
// same, and no nonsense stops it.
import { WorkflowUpdateFailedError } from '@temporalio/client'
import { WorkflowStreamClient } from '@temporalio/workflow-streams/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { POLL_UPDATE, type Polled, PUBLISH_SIGNAL } from '../../../src/contracts/stream.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.close())

it('continues as new under load: nothing twice, what is gone is said, any client of the protocol reads on', async () => {
  const handle = await stage.client.workflow.start('stream', { taskQueue: 'ensemble', workflowId: 'loaded/stream' })
  const first = (await handle.describe()).runId
  const now = stage.client.workflow.getHandle('loaded/stream')
  const publish = (sequence: number, bytes: number) =>
    now.signal(PUBLISH_SIGNAL, {
      publisher_id: 'p',
      sequence,
      items: [{ topic: `t${sequence}`, data: 'A'.repeat(bytes) }],
    })
  for (let sequence = 1; sequence <= 14; sequence++) await publish(sequence, 960_000)
  await until('the stream to continue as new', async () => (await now.describe()).runId !== first)
  for (const sequence of [13, 14, 15, 15]) await publish(sequence, 0)
  const read = await until('the last batch', async () => {
    const polled = await now.executeUpdate<Polled, [unknown]>(POLL_UPDATE, {
      args: [{ topics: [], from_offset: 0, wait: false }],
    })
    return polled.items.at(-1)?.topic === 't15' && polled
  })
  expect(read.next_offset - read.start).toBe(15)
  const gone = await now
    .executeUpdate(POLL_UPDATE, { args: [{ topics: [], from_offset: read.start + 1 }] })
    .catch((error: unknown) => error)
  expect(gone).toBeInstanceOf(WorkflowUpdateFailedError)
  expect((gone as WorkflowUpdateFailedError).cause).toMatchObject({ type: 'TruncatedOffset' })
  const client = WorkflowStreamClient.create(stage.client, 'loaded/stream')
  client.topic('said').publish('by another client', { forceFlush: true })
  for await (const { data } of client.subscribe<string>('said', read.next_offset, { resultType: true })) {
    expect(data).toBe('by another client')
    break
  }
  await client[Symbol.asyncDispose]()
  await verifyHistory(now)
  await now.signal('over')
  expect(await now.result()).toBeUndefined()
})

it('is stopped by no message of any kind, and refuses a poll that is none', async () => {
  const handle = await stage.client.workflow.start('stream', {
    taskQueue: 'ensemble',
    workflowId: 'nonsense/stream',
    args: [{ start: 'x', items: 7 }],
  })
  const nonsense = [
    undefined,
    null,
    false,
    7,
    'x',
    [],
    {},
    { items: [null] },
    { items: [{ topic: 't', data: '%' }], publisher_id: 'p', sequence: 1 },
  ]
  for (const name of [PUBLISH_SIGNAL, 'unknown']) for (const sent of nonsense) await handle.signal(name, sent)
  for (const sent of nonsense) {
    const refused = await handle.executeUpdate(POLL_UPDATE, { args: [sent] }).catch((error: unknown) => error)
    expect((refused as WorkflowUpdateFailedError).cause).toMatchObject({ type: 'BadPoll' })
  }
  await handle.signal('over', nonsense)
  await handle.result()
  await verifyHistory(handle)
})
