// Anything may be sent to a thread, by a form, a program with a mistake, or a person in a hurry: it is taken or refused
// with the reason, and the thread goes on.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { StatusReport } from '../../src/contracts/messages.js'
import { failureOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { answered, answerOf, ask, messagesOf, send } from '../support/thread.js'
import { until } from '../support/until.js'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([
    { match: { prompt: 'wait' }, fault: { kind: 'slow-start', ms: 60_000 } },
    { match: {}, reply: { text: 'fine' } },
  ])
})
afterAll(() => stage.close())

const thread = (input: unknown = {}) => stage.start('thread', input)
const deep = () => {
  let value: unknown = 'x'
  for (let level = 0; level < 3000; level++) value = [value]
  return value
}

/** What is no message, and what the sender is told. */
const NO_MESSAGE: [name: string, sent: unknown, reason: string][] = [
  ['null', null, 'got null; wanted text'],
  ['true', true, 'got true; wanted text'],
  ['an empty text', '', 'is empty; wanted text'],
  ['blanks', ' \n ', 'is empty; wanted text'],
  ['an empty object', {}, 'got an object with no fields; wanted text'],
  ['a misspelt field', { txt: 'hello' }, 'got the fields txt; wanted text'],
  ['text and content', { text: 'a', content: 'b' }, 'got text and content; wanted one of them'],
  ['text that is an object', { text: { a: 1 } }, 'text is {"a":1}; wanted text'],
  ['an empty list', [], 'content is an empty list'],
  ['a list of texts', ['hello'], 'content.0 is "hello"; wanted a content block'],
  ['a block of an unknown type', [{ type: 'video' }], 'content.0.type is "video"; wanted one of text, image'],
  ['a thinking block', { content: [{ type: 'thinking', thinking: 'x' }] }, 'content.0.type is "thinking"'],
  ['a block without a type', [{ text: 'a' }], 'content.0.type is nothing; wanted one of'],
  ['an empty text block', [{ type: 'text', text: '' }], 'content.0.text is empty; wanted text'],
  ['half a character', 'a\ud800b', 'has half a surrogate pair'],
  ['an id that is an object', { text: 'a', id: {} }, 'id is {}; wanted text'],
  ['an id without an end', { text: 'a', id: 'x'.repeat(201) }, 'id has 201 characters; wanted 1 to 200'],
  ['cacheHistory as text', { text: 'a', cacheHistory: 'no' }, 'cacheHistory is "no"; wanted true or false'],
  ['lists in lists', deep(), 'is nested too deep; wanted at most 200 levels'],
  ['more than half a mebibyte', 'x'.repeat(512 * 1024), 'has 524290 bytes; wanted at most 524288'],
]

describe('what is sent to a thread', () => {
  it.each(NO_MESSAGE)('%s is refused with the reason', async (_name, sent, reason) => {
    const talk = await thread()
    await expect(send(talk, sent)).rejects.toMatchObject({
      cause: { type: 'MessageRefused', message: expect.stringContaining(reason) },
    })
    await talk.signal('post', sent)
    await talk.signal('steer', sent)
    const { refused } = await stage.status(talk)
    expect(refused.map(({ message }) => message)).toEqual(['post', 'steer'])
    for (const one of refused) expect(one.reason).toContain(reason)
    await talk.terminate()
  })

  it('is text, a number or blocks, with or without an object around them', async () => {
    const talk = await thread()
    const sent = ['text', 7, { text: 8 }, [{ type: 'text', text: 'blocks' }], { content: 'text', surplus: 1 }]
    for (const message of sent) expect(await ask(talk, message)).toMatchObject({ status: 'ok', text: 'fine' })
    expect((await messagesOf(talk)).turns.map(({ sent }) => sent)).toEqual([
      'text',
      '7',
      '8',
      [{ type: 'text', text: 'blocks' }],
      'text',
    ])
  })

  it('of every JSON type is borne by every handler', async () => {
    const talk = await thread()
    await until('it to be there', async () => (await stage.status(talk)).status === 'waiting')
    const anything = [undefined, null, false, true, 0, -1.5, '', 'x', [], [1], {}, { turn: 'x' }, { id: {} }, deep()]
    for (const name of ['clear', 'interrupt', 'pause', 'resume', 'answer', 'speak']) {
      for (const value of anything) await talk.signal(name, ...(value === undefined ? [] : [value]))
      await talk.signal(name, 1, 2, 3)
    }
    await talk.signal('resume')
    for (const value of anything)
      await answerOf(talk, value).then(
        (answer) => expect(answer).toBeUndefined(),
        (error: Error) => expect(error.message).toMatch(/^answer: /),
      )
    const { refused } = await stage.status(talk)
    expect(refused.length).toBe(20)
    expect(refused.at(-1)?.reason).toMatch(/no signal is called "speak"; wanted one of post, steer, clear/)
    expect(await ask(talk, 'hello')).toMatchObject({ status: 'ok' })
    for (const value of [false, [], deep()]) await talk.signal('close', value)
    expect(await ask(talk, 'still open')).toMatchObject({ status: 'ok' })
  })

  it('a thousand at once is taken or refused with the reason, and none is lost', async () => {
    const talk = await thread()
    await talk.signal('pause')
    // As many at once as a run takes; a client that sends more is told to wait by the server.
    const ends: ({ turn: number } | { refused: string })[] = []
    let next = 0
    const sender = async () => {
      for (let index = next++; index < 1000; index = next++) {
        const sent = send(talk, { text: `${index} ${'x'.repeat(1500)}`, id: `n${index}` })
        ends[index] = await sent.then(
          (turn) => ({ turn }),
          (error: { cause?: { type?: string }; message: string }) => ({ refused: error.cause?.type ?? error.message }),
        )
      }
    }
    await Promise.all(Array.from({ length: 8 }, sender))
    const taken = ends.flatMap((end) => ('turn' in end ? [end.turn] : []))
    const refused = ends.flatMap((end) => ('refused' in end ? [end.refused] : []))
    expect([taken.length > 600, refused.length > 200, taken.length + refused.length]).toEqual([true, true, 1000])
    expect(new Set(refused)).toEqual(new Set(['MessageRefused']))
    expect([...taken].sort((a, b) => a - b)).toEqual(taken.map((_, index) => index + 1))
    expect(await messagesOf(talk)).toMatchObject({ turns: { length: 100 } })
    await talk.signal('interrupt', 1)
    await talk.cancel()
    await expect(talk.result()).rejects.toThrow()
    expect(await answerOf(talk, taken.length)).toMatchObject({ status: 'interrupted' })
  })

  it('beyond what may wait is refused until there is room again', async () => {
    const talk = await thread()
    await talk.signal('pause')
    const large = 'x'.repeat(400 * 1024)
    await send(talk, large)
    await send(talk, large)
    await expect(send(talk, large)).rejects.toMatchObject({
      cause: { type: 'MessageRefused', message: expect.stringMatching(/2 messages wait, with this one 1229166 bytes/) },
    })
    await talk.signal('interrupt', 1)
    expect(await send(talk, large)).toBe(3)
  })
})

describe('the settings of a thread', () => {
  it.each([
    ['a list', [], 'input'],
    ['an unknown field', { modle: 'haiku' }, 'unknown field "modle"'],
    ['an unknown model', { model: 'gpt' }, 'the API knows no "gpt"'],
    ['too many tokens', { maxTokens: 128_000, model: 'haiku-4-5' }, 'wanted at most 64000 for claude-haiku-4-5'],
    ['a parameter that has its own field', { params: { system: 'x' } }, "params.system: use the thread's own field"],
    ['an empty task', { task: ' ' }, 'task: is empty; wanted text'],
    ['a task of another type', { task: { a: 1 } }, 'task'],
    ['a fork of nothing', { from: { root: {}, head: 'x' } }, 'from.'],
    ['lists in lists', { system: deep() }, 'nested too deep'],
  ])('%s are refused with the reason, and whoever had sent something is told', async (_name, input, reason) => {
    const failure = await failureOf(await thread(input))
    expect(failure).toMatchObject({ type: 'InvalidInput', message: expect.stringContaining(reason) })
  })

  it('that are wrong end what was sent before they were read', async () => {
    const id = `early-${Date.now()}`
    await stage.client.workflow.signalWithStart('thread', {
      ...{ taskQueue: 'ensemble', workflowId: id, args: [{ modle: 'haiku' }] },
      ...{ signal: 'post', signalArgs: ['hello'] },
    })
    const talk = stage.client.workflow.getHandle(id)
    await failureOf(talk)
    expect(await answerOf(talk, 1)).toMatchObject({ status: 'error', error: { type: 'InvalidInput' } })
  })
})

it("a thread is used by hand with the server's own command line", async () => {
  const temporal = async (...args: string[]) =>
    (await promisify(execFile)(inject('temporalProgram'), [...args, '--address', stage.server.address, '-o', 'json']))
      .stdout
  const id = ['--workflow-id', 'by-hand']
  await temporal('workflow', 'start', '--type', 'thread', '--task-queue', 'ensemble', '--input', '{}', ...id)
  const sent = await temporal('workflow', 'update', 'execute', '--name', 'send', '--input', '"hello"', ...id)
  expect(JSON.parse(sent)).toMatchObject({ result: { turn: 1 } })
  await answered(stage.client.workflow.getHandle('by-hand'), 1)
  const told = await temporal('workflow', 'query', '--type', 'answer', '--input', '{"turn":1}', ...id)
  expect(JSON.parse(told)).toMatchObject({ queryResult: [{ status: 'ok', text: 'fine' }] })
  await temporal('workflow', 'signal', '--name', 'close', ...id)
  expect(JSON.parse(await temporal('workflow', 'result', ...id))).toMatchObject({ result: { status: 'completed' } })
  const { status } = (await stage.client.workflow.getHandle('by-hand').query<StatusReport>('status')) ?? {}
  expect(status).toBe('completed')
})
