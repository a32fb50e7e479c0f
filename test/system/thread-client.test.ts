// Threads from a program: the library against a real server, worker and simulator.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../src/client/ensemble.js'
import {
  InvalidInputError,
  MessageRefusedError,
  NotStoredError,
  RunNotFoundError,
  ThreadClosedError,
  TurnFailedError,
} from '../../src/client/errors.js'
import type { Thread } from '../../src/client/thread/thread.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

let stage: Stage
let ensemble: Ensemble
/** Another program on this machine, or on one with another store. */
const another = (store = 'store') =>
  connectTo({
    address: stage.server.address,
    namespace: 'default',
    taskQueue: 'ensemble',
    storeDir: `${stage.home}/${store}`,
  })
beforeAll(async () => {
  stage = await openStage()
  ensemble = await another()
})
afterAll(async () => {
  await ensemble.close()
  await stage.close()
})
beforeEach(() => {
  stage.simulator.setRules([
    { match: { prompt: 'endless' }, reply: { text: 'wörd '.repeat(2000), tokensPerSecond: 20 } },
    { match: { prompt: 'slowly' }, reply: { text: 'äöü '.repeat(100), tokensPerSecond: 200 } },
    { match: { prompt: 'wrong' }, fault: { kind: '400' } },
    { match: { prompt: 'large' }, reply: { text: 'ok' } },
    { match: { prompt: '/^say /' }, reply: { text: 'you said: {prompt}' } },
  ])
  stage.simulator.resetJournal()
})

let count = 0
const newId = () => `talk-${++count}`
const texts = async (thread: Thread) => (await thread.messages()).map(({ sent, text }) => [sent, text])

describe('send', () => {
  it('gives the reply, and what was said before is remembered by whoever opens the thread next', async () => {
    const id = newId()
    const thread = ensemble.thread(id, { system: 'Be brief.', model: 'haiku' })
    expect(await thread.exists()).toBe(false)
    expect(await thread.send('say one')).toMatchObject({
      turn: 1,
      status: 'ok',
      text: 'you said: say one',
      content: [{ type: 'text', text: 'you said: say one' }],
      usd: expect.any(Number),
    })
    const other = await another()
    const again = other.thread(id)
    expect(await again.send([{ type: 'text', text: 'say two' }])).toMatchObject({ turn: 2, status: 'ok' })
    expect(await again.length()).toBe(2)
    expect(await texts(again)).toEqual([
      ['say one', 'you said: say one'],
      [[{ type: 'text', text: 'say two' }], 'you said: say two'],
    ])
    expect(await again.settings()).toEqual({ system: 'Be brief.', model: 'haiku' })
    await other.close()
  })

  it('tells the text as it arrives, all of it and once', async () => {
    const pieces: string[] = []
    const thread = ensemble.thread(newId())
    const reply = await thread.send('slowly', {
      onText: (text, { turn, reset }) => {
        expect({ turn, reset }).toEqual({ turn: 1, reset: false })
        pieces.push(text)
      },
    })
    expect(pieces.join('')).toBe(reply.text)
    expect(pieces.length).toBeGreaterThan(3)
  })

  it('takes messages in the order of the calls, with what else was asked for in between', async () => {
    const thread = ensemble.thread(newId())
    const sends = ['a', 'b', 'c'].map((letter) => thread.send(`say ${letter}`))
    const cleared = thread.clear()
    const last = thread.send('say d')
    expect((await Promise.all([...sends, last])).map(({ turn }) => turn)).toEqual([1, 2, 3, 4])
    await cleared
    expect(await thread.length()).toBe(1)
    expect(await texts(thread)).toEqual([['say d', 'you said: say d']])
    expect(await thread.reply(2)).toMatchObject({ text: 'you said: say b' })
  })

  it('throws what kept the model from answering, and the thread goes on', async () => {
    const thread = ensemble.thread(newId())
    const error = await thread.send('wrong').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TurnFailedError)
    expect(error).toMatchObject({ type: 'BadRequest', statusCode: 400, details: { turn: 1, usd: expect.any(Number) } })
    expect(await thread.send('say on')).toMatchObject({ turn: 2, status: 'ok' })
    expect((await thread.messages())[0]).toMatchObject({ status: 'error', error: { type: 'BadRequest' } })
  })

  it('gives what had arrived when it was interrupted', async () => {
    const thread = ensemble.thread(newId())
    let heard = ''
    const reply = await thread.send('endless', {
      onText: (text) => {
        if (heard === '') void thread.interrupt()
        heard += text
      },
    })
    expect(reply.status).toBe('interrupted')
    expect(reply.text).toMatch(/^wörd /)
    expect(heard).toBe(reply.text)
  })

  it('goes before what waits when it steers', async () => {
    const thread = ensemble.thread(newId())
    const order: string[] = []
    let begun = () => {}
    const beginning = new Promise<void>((resolve) => {
      begun = resolve
    })
    const first = thread.send('endless', { onText: begun })
    const second = thread.send('say later').then(() => order.push('later'))
    await beginning
    await thread.steer('say now', { id: 'steered' })
    expect((await first).status).toBe('interrupted')
    // The same message again is the same turn.
    const steered = thread.send('say now', { id: 'steered' }).then(() => order.push('now'))
    await Promise.all([steered, second])
    // The model is told of the interruption in front of the message.
    const asked = stage.simulator.journal().requests.map(({ promptHead }) => promptHead.split('\n').at(-1))
    expect(asked).toEqual(['endless', 'say now', 'say later'])
    expect(order.sort()).toEqual(['later', 'now'])
  })

  it.each([
    ['nothing', '', InvalidInputError, /message: got nothing/],
    ['an empty list', [], InvalidInputError, /message: got nothing/],
    ['no text', 7 as unknown as string, InvalidInputError, /got 7; wanted text or a list/],
    ['half a character', 'a\ud800', InvalidInputError, /half a surrogate pair/],
    ['more than fits', 'x'.repeat(600_000), InvalidInputError, /got 600002 bytes; wanted at most 524288/],
    [
      'a block of an unknown type',
      [{ type: 'song' }],
      MessageRefusedError,
      /content\.0\.type is "song"; wanted one of/,
    ],
  ])('refuses %s', async (_, said, kind, message) => {
    const thread = ensemble.thread('refusing')
    const error = await thread.send(said).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(kind)
    expect((error as Error).message).toMatch(message)
  })
})

describe('a thread that is there', () => {
  it('is refused with other options than its own, naming both values of each', async () => {
    const id = newId()
    const system = 'You are a librarian. '.repeat(1000)
    await ensemble.thread(id, { system, model: 'haiku' }).send('say one')
    const other = ensemble.thread(id, { system: 'You are a pirate.', model: 'sonnet', maxTokens: 9 })
    const error = await other.send('say two').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(InvalidInputError)
    const { message } = error as Error
    expect(message).toMatch(/system is "You are a librarian\..*…" \(21002 bytes, \w{8}\), got "You are a pirate\."/)
    expect(message).toMatch(/model is "haiku", got "sonnet"; maxTokens is not set, got 9/)
    expect(await ensemble.thread(id, { model: 'haiku', cacheSystem: true }).send('say two')).toMatchObject({ turn: 2 })
    await expect(ensemble.thread(id, { cacheSystem: false }).send('x')).rejects.toThrow(
      /cacheSystem is true, got false/,
    )
  })

  it('was made by one of several who tried at once; the others are told if they wanted it otherwise', async () => {
    const id = newId()
    const tries = ['haiku', 'sonnet', 'haiku', 'sonnet'].map((model) =>
      ensemble.thread(id, { model }).send(`say ${model}`),
    )
    const ended = await Promise.allSettled(tries)
    const { model } = await ensemble.thread(id).settings()
    const won = ended.filter(({ status }) => status === 'fulfilled')
    expect(won).toHaveLength(2)
    for (const end of ended) {
      if (end.status === 'rejected') expect(end.reason.message).toMatch(`model is "${model}", got "`)
      else expect(end.value.text).toBe(`you said: say ${model}`)
    }
    expect(await ensemble.thread(id).length()).toBe(2)
  })

  it('cannot be a run of another kind, or nothing at all', async () => {
    const run = await ensemble.start('parallel', { items: [{ prompt: 'x' }] })
    await expect(ensemble.thread(run.id).send('hello')).rejects.toThrow(/is no thread: it is a run of parallel/)
    await expect(ensemble.thread('nobody').messages()).rejects.toThrow(RunNotFoundError)
    await expect(ensemble.thread('nobody').interrupt()).rejects.toThrow(RunNotFoundError)
    expect(() => ensemble.thread('')).toThrow(InvalidInputError)
  })

  it('is read without a worker once it is closed, and takes nothing more', async () => {
    const thread = ensemble.thread(newId())
    await thread.send('say one')
    await thread.post('say two')
    await thread.close()
    expect(await ensemble.run(thread.id).result()).toMatchObject({ status: 'completed', turns: 2 })
    await expect(thread.send('say three')).rejects.toThrow(ThreadClosedError)
    await expect(ensemble.thread(thread.id).post('say three')).rejects.toThrow(ThreadClosedError)
    expect(await texts(thread)).toEqual([
      ['say one', 'you said: say one'],
      ['say two', 'you said: say two'],
    ])
    expect(await thread.length()).toBe(2)
  })

  it('whose first message is refused says why, once, and takes the next one', async () => {
    const thread = ensemble.thread(newId())
    await expect(thread.send([{ type: 'odd' }])).rejects.toThrow(/content\.0\.type is "odd"; wanted one of/)
    expect(await thread.send('say it')).toMatchObject({ turn: 1, text: 'you said: say it' })
    await expect(thread.reply(Number.NaN)).rejects.toThrow(InvalidInputError)
  })

  it('that was closed after a clear has no answered turn', async () => {
    const thread = ensemble.thread(newId())
    await thread.send('say one')
    await thread.clear()
    await thread.close()
    expect(await ensemble.run(thread.id).result()).toMatchObject({ turns: 1 })
    expect([await thread.length(), await thread.messages()]).toEqual([0, []])
  })

  it('can be one question, started as a run', async () => {
    const run = await ensemble.start('thread', { task: 'say it', model: 'haiku' })
    expect(await run.result()).toMatchObject({ status: 'completed', answer: 'you said: say it' })
    expect(await ensemble.thread(run.id).settings()).toEqual({ model: 'haiku' })
    await expect(ensemble.rerun(run.id)).rejects.toThrow(/is a thread/)
  })
})

describe('a fork', () => {
  it('begins as the thread was at the end of a turn, keeps its options, and pays for none of the turns before', async () => {
    const system = 'You are a librarian. '.repeat(1000)
    const thread = ensemble.thread(newId(), { system })
    for (const letter of ['a', 'b', 'c']) await thread.send(`say ${letter}`)
    const before = stage.simulator.journal().posts
    const fork = await thread.fork(newId(), { turn: 2 })
    expect(await fork.send('say other')).toMatchObject({ turn: 3, text: 'you said: say other' })
    expect(stage.simulator.journal().posts).toBe(before + 1)
    expect((await texts(fork)).map(([sent]) => sent)).toEqual(['say a', 'say b', 'say other'])
    expect((await texts(thread)).map(([sent]) => sent)).toEqual(['say a', 'say b', 'say c'])
    expect(await fork.settings()).toMatchObject({ system: { bytes: 21002 } })
    expect(stage.simulator.journal().requests.at(-1)?.systemHead).toMatch(/^You are a librarian/)
    const { root } = await ensemble.run(fork.id).facts()
    expect(root?.workflowId).toBe(thread.id)
    const grandchild = await fork.fork(newId())
    expect((await ensemble.run(grandchild.id).facts()).root).toEqual(root)
    expect(await texts(grandchild)).toEqual(await texts(fork))
    await expect(thread.fork(newId(), { turn: 9 })).rejects.toThrow(/turn: got 9; wanted an ended turn/)
    await expect(ensemble.thread('nobody').fork(newId())).rejects.toThrow(RunNotFoundError)
  })
})

describe('a thread that has continued as new', () => {
  const large = (turn: number) => `large ${turn} ${'x'.repeat(400_000)}`

  it('has all its messages, its old replies, and one turn for a message sent again', async () => {
    const thread = ensemble.thread(newId())
    const turns = [1, 2, 3, 4, 5, 6]
    for (const turn of turns) await thread.send(large(turn), { id: `message ${turn}` })
    await until('it to continue as new', async () => {
      const info = (await stage.client.workflow.getHandle(thread.id).describe()).raw.workflowExecutionInfo
      return info?.firstRunId !== info?.execution?.runId
    })
    expect((await thread.messages()).map(({ sent }, at) => sent === large(at + 1))).toEqual(turns.map(() => true))
    expect(await thread.reply(1)).toMatchObject({ turn: 1, status: 'ok', text: 'ok' })
    expect(await thread.send(large(1), { id: 'message 1' })).toMatchObject({ turn: 1 })
    expect(await thread.length()).toBe(6)
    const elsewhere = await another('elsewhere')
    const error = await elsewhere
      .thread(thread.id)
      .messages()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NotStoredError)
    expect((error as NotStoredError).message).toContain((error as NotStoredError).ref)
    await elsewhere.close()
    const fork = await thread.fork(newId(), { turn: 1 })
    const [[sent, text] = []] = await texts(fork)
    expect([sent === large(1), text]).toEqual([true, 'ok'])
  })
})
