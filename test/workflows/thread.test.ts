// A conversation as people and foreign programs have it: plain JSON in and out, each message answered once and in order.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Recorder, type SentBlock, startRecorder } from '../support/recorder.js'
import { failureOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { answered, answerOf, ask, messagesOf, send } from '../support/thread.js'
import { until } from '../support/until.js'
import { verifyHistory } from '../support/verify.js'

let stage: Stage
let recorder: Recorder
beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  recorder = await startRecorder(stage.simulator.url)
  await stage.addWorker({ baseUrl: recorder.url })
})
afterAll(async () => {
  await stage.close()
  await recorder.close()
})
beforeEach(() => {
  stage.simulator.setRules([
    { match: { prompt: 'endless' }, reply: { text: 'word '.repeat(2000), tokensPerSecond: 20 } },
    { match: { prompt: 'mute' }, fault: { kind: 'slow-start', ms: 60_000 } },
    { match: { prompt: 'wrong' }, fault: { kind: '400', message: 'this one is wrong' } },
    { match: { prompt: 'think' }, reply: { thinking: 'Let me see.', text: 'I thought.' } },
    {
      match: { prompt: 'use a tool' },
      reply: { blocks: [{ type: 'tool_use', id: 'tool-1', name: 'clock', input: { zone: 'UTC' } }] },
    },
    { match: { prompt: '/(^|\\n)say /' }, reply: { text: 'said: {prompt}' } },
  ])
  stage.simulator.resetJournal()
})

const thread = (input: object = {}) => stage.start('thread', input)
const arriving = (prompt: string) =>
  until(`text of "${prompt}"`, () =>
    stage.simulator.journal().requests.some((entry) => entry.promptHead.includes(prompt) && entry.bytes > 500),
  )
const inFlight = () => until('a request', () => stage.simulator.journal().inFlight > 0)
/** The texts of the last request with this message, by who said them. */
const told = (prompt: string) => {
  const request = recorder.requests(prompt).at(-1)
  return request?.messages.map(({ role, content }) => [role, ...content.map(({ type, text }) => text ?? type)])
}
const marks = (blocks: SentBlock[] = []) => blocks.map(({ cache_control: mark }) => mark !== undefined)

describe('a thread', () => {
  it('remembers what was said, and the API is told it block by block as it was answered', async () => {
    const talk = await thread({ system: 'Be brief.', cacheSystem: true })
    expect(await send(talk, 'think hard')).toBe(1)
    expect(await answered(talk, 1)).toMatchObject({ status: 'ok', text: 'I thought.' })
    expect(await ask(talk, { text: 'say two' })).toMatchObject({ status: 'ok', text: 'said: say two' })
    expect(await ask(talk, { content: [{ type: 'text', text: 'say three' }] })).toMatchObject({ status: 'ok' })
    const { system, messages = [] } = recorder.requests('say three').at(-1) ?? {}
    expect(system).toMatchObject([{ text: 'Be brief.', cache_control: { type: 'ephemeral' } }])
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user'])
    expect(messages[1]?.content).toMatchObject([
      { type: 'thinking', thinking: 'Let me see.', signature: expect.any(String) },
      { type: 'text', text: 'I thought.' },
    ])
    // Written after the newest message, read after the one before.
    expect(messages.map(({ content }) => marks(content).at(-1))).toEqual([false, false, true, false, true])
    expect(await talk.query('length')).toBe(3)
    expect((await messagesOf(talk)).turns).toMatchObject([
      { turn: 1, status: 'ok', sent: 'think hard', text: 'I thought.' },
      { turn: 2, status: 'ok', sent: 'say two' },
      { turn: 3, status: 'ok', sent: [{ type: 'text', text: 'say three' }] },
    ])
    expect(await stage.status(talk)).toMatchObject({ status: 'waiting', server: 'simulated', items: [{}, {}, {}] })
    await talk.signal('close')
    expect(await talk.result()).toMatchObject({ status: 'completed', turns: 3, answer: 'said: say three' })
    await verifyHistory(talk)
  })

  it('answers what was sent at once one after the other, in order', async () => {
    const talk = await thread()
    const turns = []
    for (const text of ['say a', 'say b', 'say c', 'say d']) turns.push(await send(talk, text))
    await talk.signal('post', 'say e')
    await talk.signal('close')
    const { turns: count, answer } = await talk.result()
    expect([turns, count, answer]).toEqual([[1, 2, 3, 4], 5, 'said: say e'])
    expect((await messagesOf(talk)).turns.map(({ text }) => text)).toEqual(
      [...'abcde'].map((letter) => `said: say ${letter}`),
    )
    expect(stage.simulator.journal().maxInFlight).toBe(1)
  })

  it('takes a message with an id once, however often and however it is sent', async () => {
    const talk = await thread()
    const again = Array.from({ length: 50 }, () => send(talk, { text: 'say once', id: 'mine' }))
    expect(new Set(await Promise.all(again))).toEqual(new Set([1]))
    for (let count = 0; count < 50; count++) await talk.signal('post', { text: 'say once', id: 'mine' })
    expect(await ask(talk, 'say next')).toMatchObject({ text: 'said: say next' })
    expect((await messagesOf(talk)).turns).toHaveLength(2)
    expect(stage.simulator.journal().posts).toBe(2)
  })

  it('interrupted keeps what had arrived, marked, and goes on from it', async () => {
    const talk = await thread()
    await send(talk, 'endless one')
    await arriving('endless one')
    await talk.signal('interrupt')
    const first = await answered(talk, 1)
    expect(first).toMatchObject({ status: 'interrupted', text: expect.stringMatching(/^word /) })
    await send(talk, 'mute')
    await inFlight()
    await talk.signal('interrupt', { turn: 2 })
    expect(await answered(talk, 2)).toMatchObject({ status: 'interrupted' })
    expect(await ask(talk, 'say more')).toMatchObject({ status: 'ok' })
    const mark = '[The answer above was interrupted before it was complete.]'
    expect(told('say more')).toEqual([
      ['user', 'endless one'],
      ['assistant', 'text' in first ? first.text : ''],
      ['user', mark, 'mute'],
      ['user', 'say more'],
    ])
    expect(await talk.query('length')).toBe(1)
    await talk.signal('interrupt')
    await talk.signal('interrupt', 1)
    await talk.signal('interrupt', 99)
    const { refused } = await stage.status(talk)
    expect(refused.map(({ reason }) => reason)).toEqual([
      'nothing is being answered',
      'turn 1 has already ended: interrupted',
      'there is no turn 99; wanted 1 to 3',
    ])
    await verifyHistory(talk)
  })

  it('steered stops the running answer and goes on with the new message before those that wait', async () => {
    const talk = await thread()
    await send(talk, 'endless plan')
    await send(talk, 'say later')
    await arriving('endless plan')
    await talk.signal('steer', { text: 'say instead', id: 's1' })
    await talk.signal('steer', { text: 'say instead', id: 's1' })
    expect(await answered(talk, 2)).toMatchObject({ status: 'ok' })
    expect((await messagesOf(talk)).turns.map(({ turn, status, sent }) => [turn, status, sent])).toEqual([
      [1, 'interrupted', 'endless plan'],
      [3, 'ok', 'say instead'],
      [2, 'ok', 'say later'],
    ])
    await talk.signal('steer', 'say like a post')
    expect(await answered(talk, 4)).toMatchObject({ status: 'ok' })
  })

  it('cleared forgets what was said before, once it is answered, and keeps settings and numbers', async () => {
    const talk = await thread({ system: 'Be brief.' })
    await send(talk, 'say old')
    await talk.signal('clear')
    await send(talk, 'say new')
    expect(await answered(talk, 2)).toMatchObject({ status: 'ok' })
    expect(told('say new')).toEqual([['user', 'say new']])
    expect(recorder.requests('say new').at(-1)?.system).toMatchObject([{ text: 'Be brief.' }])
    expect(await talk.query('length')).toBe(1)
    expect((await messagesOf(talk)).turns.map(({ turn }) => turn)).toEqual([2])
    expect(await answerOf(talk, 1)).toMatchObject({ status: 'ok', text: 'said: say old' })
  })

  it('closed takes nothing more and ends when what waits is answered', async () => {
    const talk = await thread()
    await talk.signal('pause')
    await send(talk, { text: 'say last', id: 'last' })
    await talk.signal('close')
    await expect(send(talk, 'too late')).rejects.toMatchObject({ cause: { type: 'ThreadClosed' } })
    expect(await send(talk, { text: 'say last', id: 'last' })).toBe(1)
    await talk.signal('post', 'too late')
    expect((await stage.status(talk)).refused).toMatchObject([
      { message: 'post', reason: 'the thread is closed and takes no more messages' },
    ])
    await talk.signal('resume')
    expect(await talk.result()).toMatchObject({ status: 'completed', turns: 1, answer: 'said: say last' })
  })

  it('takes a message that waits out of the queue', async () => {
    const talk = await thread()
    await talk.signal('pause')
    for (const text of ['say a', 'say b', 'say c']) await send(talk, text)
    await talk.signal('interrupt', 2)
    expect(await answerOf(talk, 2)).toMatchObject({ status: 'interrupted', usd: 0 })
    await talk.signal('resume')
    await answered(talk, 3)
    expect(told('say c')?.map(([, text]) => text)).toEqual(['say a', 'said: say a', 'say c'])
  })

  it('goes on after a turn that failed, which the model is never told of', async () => {
    const talk = await thread()
    await ask(talk, 'say one')
    expect(await ask(talk, 'wrong')).toMatchObject({
      status: 'error',
      error: { type: 'BadRequest', message: 'this one is wrong', statusCode: 400 },
    })
    expect(await ask(talk, 'say two')).toMatchObject({ status: 'ok' })
    expect(told('say two')?.map(([, text]) => text)).toEqual(['say one', 'said: say one', 'say two'])
    expect(await talk.query('length')).toBe(2)
  })

  it('answers a tool that nobody ran with an error, unless the sender brings the result', async () => {
    const tools = { params: { tools: [{ name: 'clock', input_schema: { type: 'object' } }] } }
    const talk = await thread(tools)
    expect(await ask(talk, 'use a tool')).toMatchObject({ status: 'ok', warnings: [expect.stringContaining('clock')] })
    expect(await ask(talk, 'say anyway')).toMatchObject({ status: 'ok' })
    const results = recorder.requests('say anyway').at(-1)?.messages.at(-1)?.content
    expect(results).toMatchObject([{ type: 'tool_result', tool_use_id: 'tool-1', is_error: true }, { type: 'text' }])
    const other = await thread(tools)
    await ask(other, 'use a tool')
    const mine = [
      { type: 'tool_result', tool_use_id: 'tool-1', content: 'noon' },
      { type: 'text', text: 'say noon' },
    ]
    expect(await ask(other, mine)).toMatchObject({ status: 'ok' })
    expect(recorder.requests('say noon').at(-1)?.messages.at(-1)?.content).toMatchObject(mine)
  })

  it('with a task ends with its answer, failed or interrupted as the task was', async () => {
    const done = await thread({ task: 'say done' })
    expect(await done.result()).toMatchObject({ status: 'completed', answer: 'said: say done', turns: 1 })
    const failed = await failureOf(await thread({ task: 'wrong' }))
    expect(failed).toMatchObject({ type: 'RunFailed', details: [{ status: 'failed', turns: 1 }] })
    const stopped = await thread({ task: 'endless' })
    await arriving('endless')
    await stopped.signal('interrupt')
    expect(await stopped.result()).toMatchObject({ status: 'interrupted', answer: expect.stringMatching(/^word /) })
  })

  it('cancelled hands over what had arrived and leaves no message without an ending', async () => {
    const talk = await thread()
    await send(talk, 'endless')
    await send(talk, 'say never')
    await arriving('endless')
    await talk.cancel()
    await expect(talk.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
    expect(await answerOf(talk, 1)).toMatchObject({ status: 'interrupted', text: expect.stringMatching(/^word /) })
    expect(await answerOf(talk, 2)).toMatchObject({ status: 'interrupted', usd: 0 })
    expect(stage.simulator.journal().inFlight).toBe(0)
  })

  it('forked begins as the other was at the end of a turn and pays for nothing before', async () => {
    const talk = await thread({ system: 'Be brief.' })
    const first = await ask(talk, 'say one')
    await ask(talk, 'say two')
    const { firstExecutionRunId } = talk as unknown as { firstExecutionRunId: string }
    const root = { workflowId: talk.workflowId, firstRunId: firstExecutionRunId }
    const before = stage.simulator.journal().posts
    const fork = await thread({ system: 'Be brief.', from: { root, head: first.chunk } })
    await until('the fork to be prepared', async () => (await stage.status(fork)).status === 'waiting')
    expect(stage.simulator.journal().posts).toBe(before)
    expect(await send(fork, 'say other')).toBe(2)
    expect(await answered(fork, 2)).toMatchObject({ status: 'ok' })
    expect(told('say other')?.map(([, text]) => text)).toEqual(['say one', 'said: say one', 'say other'])
    expect((await messagesOf(fork)).older).toMatchObject({ head: first.chunk, turns: 1 })
    const { usd, usage } = await stage.status(fork)
    expect([usd, usage.outputTokens]).toEqual([(await answered(fork, 2)).usd, 4])
    const lost = await failureOf(await thread({ from: { root, head: `sha256:${'0'.repeat(64)}` } }))
    expect(lost).toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('from.head') })
  })
})
