// A conversation as people and foreign programs have it: plain JSON in and out, each message answered once and in order.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Message, Sent, ThreadMessages, TurnAnswer } from '../../src/contracts/thread.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.simulator.setRules([
    { match: { prompt: 'endless' }, reply: { text: 'word '.repeat(2000), tokensPerSecond: 20 } },
    { match: { prompt: '/^say /' }, reply: { text: 'you said: {prompt}' } },
  ])
  stage.simulator.resetJournal()
})

const send = (handle: WorkflowHandle, message: Message | unknown) =>
  handle.executeUpdate<Sent, [unknown]>('send', { args: [message] }).then(({ turn }) => turn)
const answer = (handle: WorkflowHandle, turn: number) => handle.query<TurnAnswer, [unknown]>('answer', { turn })
const answered = (handle: WorkflowHandle, turn: number) =>
  until(`turn ${turn} to end`, async () => {
    const got = await answer(handle, turn)
    return got.status !== 'pending' && got
  })
const messages = (handle: WorkflowHandle) => handle.query<ThreadMessages>('messages')

describe('a thread', () => {
  it('remembers what was said', async () => {
    const thread = await stage.start('thread', { system: 'Be brief.' })
    expect(await send(thread, 'say one')).toBe(1)
    expect(await answered(thread, 1)).toMatchObject({ status: 'ok', text: 'you said: say one' })
    expect(await send(thread, { text: 'say two' })).toBe(2)
    expect(await answered(thread, 2)).toMatchObject({ status: 'ok', text: 'you said: say two' })
    expect(await thread.query('length')).toBe(2)
    expect((await messages(thread)).turns).toMatchObject([
      { turn: 1, status: 'ok', sent: 'say one', text: 'you said: say one' },
      { turn: 2, status: 'ok', sent: 'say two', text: 'you said: say two' },
    ])
    expect(await stage.status(thread)).toMatchObject({ status: 'waiting', server: 'simulated', items: [{}, {}] })
    await thread.signal('close')
    expect(await thread.result()).toMatchObject({ status: 'completed', turns: 2, answer: 'you said: say two' })
  })
})
