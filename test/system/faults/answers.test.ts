// Answers that break off, stall, or are refused. What may succeed later is asked again, no earlier than the server
// wants; what cannot is asked once; and a part of an answer is never taken for one.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RuleInput } from '../../../src/simulator/rules.js'
import { items } from '../../support/items.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { inFlight, requestsOf, verified } from '../../support/verify.js'

type Fault = NonNullable<Extract<RuleInput, { fault?: unknown }>['fault']>

/** Long enough to be cut anywhere, and full of characters of two, three and four bytes. */
const text = `answer to {prompt}: ${'žluťoučký kůň 日本語 🐎 '.repeat(40)}.`
const answerTo = (prompt: string) => text.replace('{prompt}', prompt)

/** Each on the first try only. */
const CUTS: Record<string, Fault> = {
  'cut before the first byte': { kind: 'cut', at: 0 },
  'cut at 1 %': { kind: 'cut', at: 1 },
  'cut in the middle': { kind: 'cut', at: 50 },
  'cut at 99 %': { kind: 'cut', at: 99 },
  'cut inside a character': { kind: 'cut', at: 40, insideCharacter: true },
  'end without message_stop': { kind: 'eof', at: 99 },
  'end in the middle': { kind: 'eof', at: 50 },
  'connection reset': { kind: 'reset' },
  'broken JSON': { kind: 'broken-json', at: 50 },
  'server error': { kind: '500' },
  'gateway timeout': { kind: '504' },
  'request timeout': { kind: '408' },
  conflict: { kind: '409' },
  busy: { kind: '529' },
}

const STALLS: Record<string, Fault> = {
  'silent from the start': { kind: 'stall', at: 0 },
  'silent in the middle': { kind: 'stall', at: 50 },
  'only pings': { kind: 'stall', at: 50, pings: true },
  'no headers': { kind: 'slow-start', ms: 120_000 },
}

const FINAL: Record<string, { fault: Fault; type: string; status: number; says: RegExp }> = {
  'bad request': { fault: { kind: '400' }, type: 'BadRequest', status: 400, says: /invalid_request_error/ },
  'bad key': { fault: { kind: '401' }, type: 'AuthenticationFailed', status: 401, says: /authentication_error/ },
  'no credit': { fault: { kind: '402' }, type: 'BillingStopped', status: 402, says: /billing_error/ },
  'no permission': { fault: { kind: '403' }, type: 'AuthenticationFailed', status: 403, says: /permission_error/ },
  'not found': { fault: { kind: '404' }, type: 'ModelNotFound', status: 404, says: /not_found_error/ },
  'too large': { fault: { kind: '413' }, type: 'RequestTooLarge', status: 413, says: /request_too_large/ },
  'spend limit': { fault: { kind: 'spend-limit' }, type: 'BillingStopped', status: 429, says: /spend limit/ },
  'contract limit': { fault: { kind: 'contract-spend-limit' }, type: 'BillingStopped', status: 429, says: /contract/ },
  'on hold': { fault: { kind: 'on-hold' }, type: 'BillingStopped', status: 400, says: /on hold/ },
  'retired model': { fault: { kind: 'retired-model' }, type: 'ModelNotFound', status: 404, says: /model: claude-/ },
  'told not to retry': { fault: { kind: '500', shouldRetry: false }, type: 'ServerError', status: 500, says: /500/ },
  'full context': { fault: { kind: 'context-overflow' }, type: 'RequestTooLarge', status: 400, says: /too long/ },
}

/** Seconds; `npm run soak` waits longer. */
const RETRY_AFTER = process.env.ENSEMBLE_SOAK ? [1, 10, 30, 60, 120] : [1, 2, 3, 4, 5]

const first = ([prompt, fault]: [string, Fault]): RuleInput => ({
  match: { prompt: `/^${prompt}$/`, attempt: 1 },
  reply: { text },
  fault,
})

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([
    ...Object.entries(CUTS).map(first),
    ...Object.entries(STALLS).map(first),
    ...Object.entries(FINAL).map(([prompt, { fault }]) => ({ match: { prompt: `/^${prompt}$/` }, fault })),
    { match: { prompt: 'always cut' }, reply: { text }, fault: { kind: 'cut', at: 50 } },
    ...[1, 2].map((attempt) => ({
      match: { prompt: 'overloaded ', attempt },
      reply: { text },
      fault: { kind: 'overloaded-mid-stream' as const, at: 50 },
    })),
    // A hundred at once, all refused, half of them twice.
    ...RETRY_AFTER.map((retryAfter, index) => ({
      match: { prompt: `/^storm .*[${index}${index + 5}]$/`, attempt: 1 },
      fault: { kind: '429' as const, retryAfter },
    })),
    { match: { prompt: '/^storm .*[02468]$/', attempt: 2 }, fault: { kind: '429', retryAfter: 2 } },
    { reply: { text } },
  ])
})

afterAll(() => stage?.close())

const startAll = (prompts: string[], more: object = {}) =>
  stage.start('parallel', { items: prompts.map((prompt) => ({ id: prompt, prompt })), confirm: 'never', ...more })

describe.concurrent('an answer', () => {
  it('that stalls is given up within 65 s and asked for again, with heartbeats meanwhile', async () => {
    const prompts = Object.keys(STALLS)
    const handle = await startAll(prompts)
    const stalled = () => prompts.map((prompt) => requestsOf(stage, prompt)[0])
    await until('all to stall', () => stalled().every((request) => request && request.endedAt === undefined))
    await until('the stall to last 30 s', () => Date.now() - (stalled()[0]?.at ?? Date.now()) > 30_000, 40)
    expect(inFlight(stalled().flatMap((request) => request ?? [])).length).toBe(prompts.length)
    for (const { attempt, lastHeartbeatAt } of await pendingOf(handle)) {
      expect(attempt).toBe(1)
      expect(Date.now() - lastHeartbeatAt).toBeLessThan(5000)
    }
    const result = await verified(handle, prompts)
    expect(result.items).toMatchObject(prompts.map((prompt) => ({ status: 'ok', text: answerTo(prompt), attempts: 2 })))
    for (const [prompt, { kind }] of Object.entries(STALLS)) {
      const [lost, good] = requestsOf(stage, prompt)
      expect(lost).toMatchObject({ outcome: `fault:${kind}`, aborted: true })
      expect((lost?.endedAt ?? 0) - (lost?.at ?? 0)).toBeGreaterThan(59_000)
      expect((lost?.endedAt ?? Number.POSITIVE_INFINITY) - (lost?.at ?? 0)).toBeLessThanOrEqual(65_000)
      expect(good?.outcome).toBe('answered')
    }
  })

  it('that breaks off anywhere is asked for again, and its parts never become a result', async () => {
    const prompts = Object.keys(CUTS)
    const result = await verified(await startAll(prompts), prompts)
    expect(result.items).toMatchObject(prompts.map((prompt) => ({ status: 'ok', text: answerTo(prompt), attempts: 2 })))
    for (const [prompt, { kind }] of Object.entries(CUTS)) {
      expect(requestsOf(stage, prompt).map(({ outcome }) => outcome)).toEqual([`fault:${kind}`, 'answered'])
    }
  })

  it('that breaks off again and again is an error, not a shorter answer', async () => {
    const handle = await startAll(['always cut', 'whole'], { maxRetries: 1 })
    const {
      status,
      items: [cut, whole],
    } = await verified(handle, ['always cut', 'whole'])
    expect(status).toBe('partial')
    expect(cut).toMatchObject({ status: 'error', attempts: 2, error: { type: 'ConnectionLost' } })
    expect(cut).not.toHaveProperty('text')
    expect(cut?.usage.outputTokens).toBeGreaterThan(0)
    expect(whole).toMatchObject({ status: 'ok', text: answerTo('whole') })
    expect(requestsOf(stage, 'always cut').map(({ outcome }) => outcome)).toEqual(['fault:cut', 'fault:cut'])
  })

  it('that ends with an overload after 200 OK is asked for again, and this does not count as a failure', async () => {
    const prompts = ['overloaded 1', 'overloaded 2']
    const result = await verified(await startAll(prompts, { maxRetries: 0 }), prompts)
    expect(result.items).toMatchObject(prompts.map((prompt) => ({ status: 'ok', text: answerTo(prompt), attempts: 3 })))
    const fault = 'fault:overloaded-mid-stream'
    for (const prompt of prompts)
      expect(requestsOf(stage, prompt).map(({ status, outcome }) => [status, outcome])).toEqual([
        [200, fault],
        [200, fault],
        [200, 'answered'],
      ])
  })

  it('refused by a storm of 429 is asked for no earlier than the server said, and a hundred of them all come', async () => {
    const prompts = items('storm', 100).map(({ prompt }) => prompt)
    const result = await verified(await startAll(prompts, { concurrency: 100, maxRetries: 0 }), prompts)
    expect(result.status).toBe('completed')
    expect(result.items.map((item) => item.text)).toEqual(prompts.map(answerTo))
    let refused = 0
    for (const prompt of prompts) {
      const requests = requestsOf(stage, prompt)
      expect(requests.at(-1)?.outcome).toBe('answered')
      for (const [index, { retryAfter, endedAt }] of requests.slice(0, -1).entries()) {
        refused++
        expect((requests[index + 1]?.at ?? 0) - (endedAt ?? 0)).toBeGreaterThanOrEqual((retryAfter ?? 0) * 1000)
      }
    }
    expect(refused).toBe(150)
  })

  it('that cannot come is asked for once, its cause is readable, and its siblings keep their results', async () => {
    const prompts = [...Object.keys(FINAL), 'fine 1', 'fine 2']
    const result = await verified(await startAll(prompts), prompts)
    expect(result.status).toBe('partial')
    for (const [index, [prompt, { type, status, says }]] of Object.entries(FINAL).entries()) {
      const item = result.items[index]
      expect(item).toMatchObject({ status: 'error', attempts: 1, error: { type, statusCode: status } })
      expect(item?.error?.message).toMatch(says)
      expect(requestsOf(stage, prompt).map(({ outcome }) => outcome)).toEqual([`fault:${FINAL[prompt]?.fault.kind}`])
    }
    expect(result.items.slice(-2)).toMatchObject([
      { status: 'ok', text: answerTo('fine 1') },
      { status: 'ok', text: answerTo('fine 2') },
    ])
  })
})

async function pendingOf(handle: WorkflowHandle): Promise<{ attempt: number; lastHeartbeatAt: number }[]> {
  const { pendingActivities } = (await handle.describe()).raw
  return (pendingActivities ?? []).map(({ attempt, lastHeartbeatTime }) => ({
    attempt: attempt ?? 0,
    lastHeartbeatAt: Number(lastHeartbeatTime?.seconds ?? 0) * 1000,
  }))
}
