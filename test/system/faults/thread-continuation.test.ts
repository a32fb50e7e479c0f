// A thread has no end, its history has: whatever waits, runs or comes while it continues as new is answered once, in
// order. Histories are made long by what is said, not by waiting.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Sent } from '../../../src/contracts/thread.js'
import { openStage, type Stage } from '../../support/stage.js'
import { answered, answerOf, messagesOf, send } from '../../support/thread.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

/** In CI a sample; `npm run soak` says 10,000 short turns. */
const TURNS = process.env.ENSEMBLE_SOAK ? 10_000 : 240
/** Two cores answer some thirteen a second, model server and all: a quarter of an hour for ten thousand. */
const MOST_MS = Math.max(120_000, 180 * TURNS)
const LARGE = 'x'.repeat(100_000)
/** Each is in history twice: as it is sent, and as it is asked. */
const LARGE_TURNS = 24
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.simulator.setRules([
    { match: { prompt: 'endless' }, reply: { text: 'word '.repeat(2000), tokensPerSecond: 20 } },
    { match: { prompt: '/^(\\d+) x*$/' }, reply: { text: 'large' } },
    { match: {}, reply: { text: 'said: {prompt}' } },
  ])
  stage.simulator.resetJournal()
})

const thread = (input: object = {}) => stage.start('thread', { stream: false, ...input })
/** As often as the thread asks for it, as every client must. */
const insist = async (talk: WorkflowHandle, message: { text: string; id: string }): Promise<number> => {
  for (;;) {
    try {
      return (await talk.executeUpdate<Sent, [unknown]>('send', { args: [message] })).turn
    } catch (error) {
      const { cause, message: said } = error as Error
      const again = (cause as { type?: string } | undefined)?.type === 'Continuing' || /continu|abort/i.test(said)
      if (!again) throw error
    }
  }
}
/** A mebibyte may wait: more comes when some of it is answered. */
const withRoom = (talk: WorkflowHandle, message: { text: string; id: string }): Promise<number> =>
  until('room', () =>
    insist(talk, message).catch((error: { cause?: { type?: string } }) =>
      error.cause?.type === 'MessageRefused' ? false : Promise.reject(error),
    ),
  )
const executions = async ({ workflowId }: WorkflowHandle): Promise<string[]> => {
  const runs: string[] = []
  for await (const { runId } of stage.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) runs.push(runId)
  return runs
}
/** That history is long enough, and every one of them is within half of the server's limits and replays. */
const continuedAtLeast = async (talk: WorkflowHandle, times: number): Promise<void> => {
  const runs = await until('the list to know them', async () => {
    const found = await executions(talk)
    return found.length > times && found
  })
  for (const runId of runs.slice(0, 5)) await verifyHistory(stage.client.workflow.getHandle(talk.workflowId, runId))
}
/** Every answer the model gave, in order, once. */
const asked = (pattern: RegExp) =>
  stage.simulator
    .journal()
    .requests.map(({ promptHead }) => promptHead)
    .filter((prompt) => pattern.test(prompt))

describe('a thread that continues as new', () => {
  it(
    `answers ${TURNS} short turns in order, each once`,
    async () => {
      // Condensed early: else each turn sends all before it, and ten thousand of them are a matter of gigabytes.
      const talk = await thread({ condenseAt: 0.05 })
      let next = 1
      const turns: [turn: number, text: string][] = []
      const sender = async () => {
        for (let number = next++; number <= TURNS; number = next++) {
          const text = `short ${number}`
          turns.push([await withRoom(talk, { text, id: `id-${number}` }), text])
        }
      }
      await Promise.all([sender(), sender(), sender(), sender()])
      await talk.signal('close')
      const result = (await talk.result()) as { turns: number; status: string }
      expect(result).toMatchObject({ status: 'completed', turns: TURNS })
      const inOrder = [...turns].sort(([a], [b]) => a - b)
      expect(inOrder.map(([turn]) => turn)).toEqual(turns.map((_, index) => index + 1))
      expect(asked(/^short /)).toEqual(inOrder.map(([, text]) => text))
      await continuedAtLeast(talk, 1)
    },
    MOST_MS,
  )

  it('carries what waits, who sent it, a clear, and what comes meanwhile', async () => {
    const talk = await thread()
    const sent: Promise<unknown>[] = []
    for (let number = 1; number <= LARGE_TURNS; number++) {
      const text = `${number} ${LARGE}`
      await withRoom(talk, { text, id: `n${number}` })
      sent.push(talk.signal('post', { text: `note ${number}`, id: `note-${number}` }))
      if (number === 11) sent.push(talk.signal('clear'))
      // Again, in whatever execution that is.
      sent.push(talk.signal('post', { text: 'never twice', id: 'n1' }))
    }
    await Promise.all(sent)
    await continuedAtLeast(talk, 2)
    const repeated = await Promise.all(
      Array.from({ length: 8 }, () => insist(talk, { text: 'again', id: `n${LARGE_TURNS}` })),
    )
    expect(new Set(repeated).size).toBe(1)
    await talk.signal('close')
    expect(await talk.result()).toMatchObject({ status: 'completed', turns: 2 * LARGE_TURNS })
    expect(asked(/^(?:note )?\d+/)).toHaveLength(2 * LARGE_TURNS)
    expect(asked(/^\d/).map(Number.parseFloat)).toEqual(Array.from({ length: LARGE_TURNS }, (_, index) => index + 1))
    expect(asked(/never|again/)).toEqual([])
    expect(asked(/^note/)).toEqual(Array.from({ length: LARGE_TURNS }, (_, index) => `note ${index + 1}`))
  })

  it('takes 101 signals of one task, and an eleventh update beside ten that wait', async () => {
    const taskQueue = 'comes-late'
    const talk = await stage.start('thread', { stream: false }, { taskQueue })
    const posted = Array.from({ length: 101 }, (_, index) => `posted ${index + 1}`)
    for (const text of posted) await talk.signal('post', text)
    // Nobody is there to take them: ten wait at the server, the others in their clients.
    const updates = Array.from({ length: 11 }, (_, index) => `sent ${index + 1}`)
    const sending = Promise.all(updates.map((text) => send(talk, text)))
    const worker = await stage.addWorker({ taskQueue })
    const turns = await sending
    expect(new Set(turns).size).toBe(11)
    await talk.signal('close')
    expect(await talk.result()).toMatchObject({ status: 'completed', turns: 112 })
    const { events = [] } = await talk.fetchHistory()
    const firstTask = (events ?? []).findIndex((event) => event.workflowTaskStartedEventAttributes)
    const before = (events ?? []).slice(0, firstTask).filter((event) => event.workflowExecutionSignaledEventAttributes)
    expect(before).toHaveLength(101)
    expect(asked(/^posted/)).toEqual(posted)
    expect(asked(/^sent/).sort()).toEqual(updates.sort())
    await worker.terminate()
  })

  it('waits for the answer that runs, however much comes meanwhile, and an interruption still reaches it', async () => {
    const talk = await thread()
    await send(talk, 'endless')
    await until('text', () => stage.simulator.journal().requests.some(({ bytes }) => bytes > 500))
    const first = (await talk.describe()).runId
    // Past the soft limit of events while the call runs.
    for (let count = 0; count < 24; count++)
      await Promise.all(Array.from({ length: 90 }, (_, index) => talk.signal('interrupt', `no turn ${count} ${index}`)))
    await talk.signal('post', 'after')
    expect((await talk.describe()).historyLength).toBeGreaterThan(2000)
    expect((await talk.describe()).runId).toBe(first)
    await talk.signal('interrupt')
    expect(await answered(talk, 1)).toMatchObject({ status: 'interrupted', text: expect.stringMatching(/^word /) })
    expect(await answered(talk, 2)).toMatchObject({ status: 'ok', text: expect.stringContaining('after') })
    expect((await talk.describe()).runId).not.toBe(first)
    expect((await messagesOf(talk)).turns.map(({ turn, status }) => [turn, status])).toEqual([
      [1, 'interrupted'],
      [2, 'ok'],
    ])
    await continuedAtLeast(talk, 1)
  })

  it('says where turns of long ago are kept', async () => {
    const talk = await thread()
    const early = await insist(talk, { text: 'early', id: 'early' })
    for (let number = 1; number <= 12; number++) {
      const turn = await insist(talk, { text: `${number} ${LARGE}`, id: `n${number}` })
      await until('its end', async () => (await answerOf(talk, turn)).status !== 'pending')
    }
    await continuedAtLeast(talk, 1)
    expect(await answerOf(talk, early)).toMatchObject({ status: 'stored', head: expect.stringMatching(/^sha256:/) })
    expect((await messagesOf(talk)).older).toMatchObject({ turns: expect.any(Number) })
    expect(await talk.query('length')).toBe(13)
  })
})
