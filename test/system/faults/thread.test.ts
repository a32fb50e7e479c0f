// What may go wrong with an answer in the middle of a conversation: each message stays in it once, in order, paid for no
// more often than needed, and the conversation goes on.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mulberry32 } from '../../../src/simulator/seeded-random.js'
import { type Recorder, startRecorder } from '../../support/recorder.js'
import { openStage, type Stage } from '../../support/stage.js'
import { answered, ask, messagesOf, send } from '../../support/thread.js'
import { until } from '../../support/until.js'
import { billable, inFlight, requestsOf, verifyHistory } from '../../support/verify.js'

const SOAK = process.env.ENSEMBLE_SOAK !== undefined
/** So that a sweep that fails can be repeated: ENSEMBLE_TEST_SEED=… */
const SEED = Number(process.env.ENSEMBLE_TEST_SEED ?? Date.now() % 1_000_000)
/** Kills, each while up to three answers are under way. */
const ROUNDS = SOAK ? 7 : 1
const LONG = 'Ünïcödé wörds. '.repeat(60)
let stage: Stage
let recorder: Recorder

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  recorder = await startRecorder(stage.simulator.url)
  await Promise.all([stage.addWorker({ baseUrl: recorder.url }), stage.addWorker({ baseUrl: recorder.url })])
})
afterAll(async () => {
  await stage.close()
  await recorder.close()
})
beforeEach(() => stage.simulator.resetJournal())

const thread = (input: object = {}) => stage.start('thread', { stream: false, ...input })
const texts = async (talk: WorkflowHandle) => (await messagesOf(talk)).turns.map(({ text }) => text)
const told = (prompt: string) =>
  recorder
    .requests(prompt)
    .at(-1)
    ?.messages.map(({ role, content }) => `${role}: ${content.map(({ type, text }) => text ?? type).join('|')}`)

describe('an answer in a conversation', () => {
  it('cut anywhere, or without its end, is asked for again and is there once', async () => {
    const faults = [
      ...[0, 1, 50, 99].map((at) => ({ kind: 'cut' as const, at })),
      { kind: 'cut' as const, at: 50, insideCharacter: true },
      { kind: 'eof' as const, at: 60 },
    ]
    stage.simulator.setRules([
      ...faults.map((fault, index) => ({
        match: { prompt: `cut ${index}`, attempt: 1 },
        fault,
        reply: { text: LONG },
      })),
      { match: { prompt: 'cut' }, reply: { text: LONG } },
    ])
    const talks = await Promise.all(faults.map(() => thread()))
    await Promise.all(
      talks.map(async (talk, index) => {
        expect(await ask(talk, `cut ${index}`)).toMatchObject({ status: 'ok', text: LONG })
        expect(await ask(talk, `cut again ${index}`)).toMatchObject({ status: 'ok', text: LONG })
        expect(told(`cut again ${index}`)).toEqual([
          `user: cut ${index}`,
          `assistant: ${LONG}`,
          `user: cut again ${index}`,
        ])
        expect(requestsOf(stage, `cut ${index}`).map(({ outcome }) => outcome)).toEqual([
          `fault:${faults[index]?.kind}`,
          'answered',
        ])
      }),
    )
  })

  // A minute of waiting: a call's own stalls are in answers.test.ts, which has the same way to the model.
  const stalls = async () => {
    stage.simulator.setRules([
      { match: { prompt: 'stall', attempt: 1 }, fault: { kind: 'stall', at: 50, pings: true }, reply: { text: LONG } },
      { match: { prompt: 'stall' }, reply: { text: LONG } },
    ])
    const talk = await thread()
    const before = Date.now()
    const turn = await send(talk, 'stall')
    await until('its end', async () => (await messagesOf(talk)).turns[turn - 1]?.status === 'ok', 90)
    expect(Date.now() - before).toBeLessThan(70_000)
    expect(requestsOf(stage, 'stall')).toMatchObject([{ aborted: true }, { outcome: 'answered' }])
  }
  if (SOAK) it('that stalls is given up within 65 s and asked for again', stalls)

  it('that is no whole answer has its own ending, and the conversation goes on from what can be said again', async () => {
    const tool = { type: 'tool_use' as const, id: 'cut-tool', name: 'clock', input: {}, json: '{"zo' }
    stage.simulator.setRules([
      { match: { prompt: 'refuse' }, reply: { text: 'no', stopReason: 'refusal', category: 'cyber' } },
      { match: { prompt: 'long' }, reply: { text: 'half a sen', stopReason: 'max_tokens' } },
      { match: { prompt: 'cut tool' }, reply: { blocks: [tool], stopReason: 'max_tokens' } },
      { match: { prompt: 'nothing' }, reply: { blocks: [], stopReason: 'end_turn' } },
      { match: { prompt: 'full' }, reply: { text: 'until here', stopReason: 'model_context_window_exceeded' } },
      { match: { prompt: 'exceeds' }, fault: { kind: 'context-overflow' } },
      { match: { prompt: 'pause', nth: 1 }, reply: { text: 'first, ', stopReason: 'pause_turn' } },
      { match: { prompt: 'pause' }, reply: { text: 'second' } },
      { match: {}, reply: { text: 'fine' } },
    ])
    const tools = { params: { tools: [{ name: 'clock', input_schema: { type: 'object' } }] } }
    const talk = await thread(tools)
    expect(await ask(talk, 'refuse')).toMatchObject({ status: 'error', error: { type: 'ModelRefused' } })
    expect(await ask(talk, 'long')).toMatchObject({
      status: 'ok',
      text: 'half a sen',
      warnings: [expect.stringContaining('maxTokens')],
    })
    expect(await ask(talk, 'cut tool')).toMatchObject({ status: 'ok', text: '' })
    expect(await ask(talk, 'nothing')).toMatchObject({ status: 'ok', text: '', warnings: ['the answer is empty'] })
    expect(await ask(talk, 'full')).toMatchObject({ status: 'ok', text: 'until here' })
    expect(await ask(talk, 'exceeds')).toMatchObject({ status: 'error', error: { type: 'RequestTooLarge' } })
    expect(await ask(talk, 'goes on')).toMatchObject({ status: 'ok', text: 'fine' })
    expect(told('goes on')).toEqual([
      'user: long',
      'assistant: half a sen',
      'user: cut tool',
      'assistant: tool_use',
      'user: tool_result|nothing',
      'user: full',
      'assistant: until here',
      'user: goes on',
    ])
    // Only models that take an assistant's turn last can be continued without a tool of the server's own.
    const older = await thread({ model: 'haiku-4-5' })
    expect(await ask(older, 'pause')).toMatchObject({ status: 'ok', text: 'first, second' })
    expect(await ask(older, 'goes on too')).toMatchObject({ status: 'ok' })
    expect(told('goes on too')).toEqual(['user: pause', 'assistant: first, |second', 'user: goes on too'])
    for (const prompt of ['refuse', 'cut tool']) expect(requestsOf(stage, prompt)).toHaveLength(1)
    await verifyHistory(talk)
  })

  it(`survives ${ROUNDS} kills of its workers, each in the middle of an answer (seed ${SEED})`, async () => {
    const random = mulberry32(SEED)
    stage.simulator.setRules([
      ...[60, 120, 240].map((tokensPerSecond, place) => ({
        match: { prompt: `slowly ${place}` },
        reply: { text: LONG, tokensPerSecond },
      })),
      { match: {}, reply: { text: 'quick' } },
    ])
    const talks = await Promise.all([0, 1, 2].map(() => thread()))
    for (let round = 1; round <= ROUNDS; round++) {
      const prompts = talks.map((_, place) => `slowly ${place} ${round}`)
      const turns = await Promise.all(talks.map((talk, place) => send(talk, prompts[place])))
      const nexts = await Promise.all(talks.map((talk) => send(talk, `then ${round}`)))
      const bytes = 300 + Math.floor(random() * 2500)
      await until(`${bytes} bytes of each`, () =>
        prompts.every((prompt) => requestsOf(stage, prompt).some((entry) => entry.bytes >= bytes)),
      )
      const broken = prompts.map((prompt) => inFlight(requestsOf(stage, prompt)).length)
      expect(broken).toContain(1)
      // Which of the two asks is not known: both die, as when a machine does.
      await Promise.all(stage.workers.filter((worker) => worker.running()).map((worker) => worker.kill()))
      await Promise.all([stage.addWorker({ baseUrl: recorder.url }), stage.addWorker({ baseUrl: recorder.url })])
      for (const [place, talk] of talks.entries()) {
        expect(await answered(talk, turns[place] ?? 0)).toMatchObject({ status: 'ok', text: LONG })
        expect(await answered(talk, nexts[place] ?? 0)).toMatchObject({ status: 'ok', text: 'quick' })
        // Paid once more where it was in flight, and nowhere else.
        expect(billable(requestsOf(stage, prompts[place] ?? '')).length).toBeLessThanOrEqual(1 + (broken[place] ?? 0))
      }
    }
    for (const talk of talks) {
      expect(await texts(talk)).toEqual(Array.from({ length: ROUNDS }, () => [LONG, 'quick']).flat())
      await talk.signal('close')
      expect(await talk.result()).toMatchObject({ turns: 2 * ROUNDS })
      await verifyHistory(talk)
    }
  })

  it('interrupted while its worker is dead keeps what is known of it', async () => {
    stage.simulator.setRules([
      { match: { prompt: 'slowly' }, reply: { text: LONG, tokensPerSecond: 20 } },
      { match: { prompt: 'busy' }, fault: { kind: '529' } },
      { match: {}, reply: { text: 'fine' } },
    ])
    const [talk, other] = await Promise.all([thread(), thread()])
    await Promise.all([send(talk, 'slowly'), send(other, 'busy')])
    await until('text', () => requestsOf(stage, 'slowly').some(({ bytes }) => bytes > 500))
    await until('a failure', () => requestsOf(stage, 'busy').length > 0)
    await Promise.all(stage.workers.filter((worker) => worker.running()).map((worker) => worker.kill()))
    await Promise.all([talk.signal('interrupt'), other.signal('interrupt'), stage.addWorker({ baseUrl: recorder.url })])
    for (const one of [talk, other]) {
      expect(await answered(one, 1)).toMatchObject({ status: 'interrupted' })
      expect(await ask(one, 'goes on')).toMatchObject({ status: 'ok', text: 'fine' })
    }
  })
})

describe('a conversation near the limit of its model', () => {
  it('goes on with a summary of its oldest turns, which stay readable', async () => {
    stage.simulator.setRules([
      { match: { prompt: 'Write a summary of our conversation' }, reply: { text: 'They counted.' } },
      { match: {}, reply: { text: 'counted '.repeat(150) } },
    ])
    // 1 % of 200,000 tokens.
    const talk = await thread({ model: 'haiku-4-5', condenseAt: 0.01 })
    for (let number = 1; number <= 6; number++) await ask(talk, `count ${number} ${'on '.repeat(200)}`)
    const last = `count 7 ${'on '.repeat(200)}`
    expect(await ask(talk, last)).toMatchObject({ status: 'ok' })
    const sent = recorder.requests(last).at(-1)?.messages ?? []
    expect(sent[0]?.content[0]?.text).toBe(
      '[Summary of the conversation so far, in place of its messages]\n\nThey counted.',
    )
    expect(sent.length).toBeLessThan(8)
    expect((await messagesOf(talk)).turns.map(({ turn }) => turn)).toEqual([1, 2, 3, 4, 5, 6, 7])
    const { usage } = await stage.status(talk)
    const turns = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((turn) => answered(talk, turn)))
    const summaries = requestsOf(stage, 'Write a summary')
    expect(summaries.length).toBeGreaterThan(0)
    expect(usage.outputTokens).toBe(
      turns.reduce((sum, turn) => sum + turn.usage.outputTokens, 0) +
        summaries.length * Math.ceil('They counted.'.length / 4),
    )
  })

  it('goes on without one when it cannot be made, and says so', async () => {
    stage.simulator.setRules([
      { match: { prompt: 'Write a summary of our conversation' }, fault: { kind: '400', message: 'no summary' } },
      { match: {}, reply: { text: 'counted '.repeat(150) } },
    ])
    const talk = await thread({ model: 'haiku-4-5', condenseAt: 0.01 })
    let last = await ask(talk, `count ${'on '.repeat(400)}`)
    for (let number = 2; number <= 5; number++) last = await ask(talk, `count ${number} ${'on '.repeat(400)}`)
    expect(last).toMatchObject({
      status: 'ok',
      warnings: ['the oldest turns could not be summarized: no summary'],
    })
  })
})
