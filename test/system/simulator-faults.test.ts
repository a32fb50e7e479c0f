// Every fault as the SDK sees it, and the journal's word that it fired: other tests build on both.
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type RuleInput, type Simulator, startSimulator } from '../../src/simulator/index.js'

const started: Simulator[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((simulator) => simulator.close()))
})

async function simulate(rules: RuleInput[]) {
  const simulator = await startSimulator({ rules })
  started.push(simulator)
  return { simulator, client: new Anthropic({ baseURL: simulator.url, apiKey: 'any', maxRetries: 0, logLevel: 'off' }) }
}

const params = {
  model: 'claude-haiku-5-5',
  max_tokens: 4096,
  messages: [{ role: 'user' as const, content: 'x' }],
}
const text = 'Grüße aus der Ferne: 漢字, ein langer Text. '.repeat(100)
const outcomeOf = (simulator: Simulator) => simulator.journal().requests[0]
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('the request was answered'),
    (error: unknown) => error as InstanceType<typeof Anthropic.APIError>,
  )

describe('errors instead of an answer', () => {
  it.each([
    ['429', Anthropic.RateLimitError, 'rate_limit_error'],
    ['529', Anthropic.OverloadedError, 'overloaded_error'],
    ['500', Anthropic.InternalServerError, 'api_error'],
    ['402', Anthropic.PaymentRequiredError, 'billing_error'],
    ['403', Anthropic.PermissionDeniedError, 'permission_error'],
    ['413', Anthropic.ContentTooLargeError, 'request_too_large'],
    ['spend-limit', Anthropic.RateLimitError, 'rate_limit_error'],
    ['on-hold', Anthropic.BadRequestError, 'invalid_request_error'],
    ['retired-model', Anthropic.NotFoundError, 'not_found_error'],
  ])('%s', async (kind, type, name) => {
    const { client, simulator } = await simulate([{ fault: { kind, retryAfter: 2 } }])
    const error = await failure(client.messages.stream(params).finalMessage())
    expect(error).toBeInstanceOf(type)
    expect(error.type).toBe(name)
    expect(error.headers?.get('retry-after')).toBe('2')
    expect(outcomeOf(simulator)).toMatchObject({ outcome: `fault:${kind}`, bytes: 0, retryAfter: 2 })
    expect(simulator.journal().billable).toBe(0)
  })

  it('a spend limit names itself by code', async () => {
    const { client } = await simulate([{ fault: { kind: 'spend-limit' } }])
    const error = await failure(client.messages.create(params))
    expect(error.errorCode).toBe('enforced_spend_limit_reached')
  })

  it('a connection that is reset', async () => {
    const { client, simulator } = await simulate([{ fault: { kind: 'reset' } }])
    expect(await failure(client.messages.create(params))).toBeInstanceOf(Anthropic.APIConnectionError)
    expect(outcomeOf(simulator)).toMatchObject({ outcome: 'fault:reset', bytes: 0 })
  })
})

describe('an answer that breaks on its way', () => {
  it.each([0, 1, 50, 99])('cut at %i percent: the client has that much and an error', async (at) => {
    const { client, simulator } = await simulate([
      { reply: { text }, fault: { kind: 'cut', at, insideCharacter: at > 0 } },
    ])
    const stream = client.messages.stream(params)
    let got = ''
    stream.on('text', (piece) => {
      got += piece
    })
    await failure(stream.finalMessage())
    expect(text.startsWith(got)).toBe(true)
    expect(got.length).toBeLessThan(text.length)
    expect(outcomeOf(simulator)).toMatchObject({ outcome: 'fault:cut', status: 200 })
    expect(simulator.journal().billable).toBe(at === 0 ? 0 : 1)
  })

  it('the cut leaves half a character at the end of the bytes', async () => {
    const { simulator } = await simulate([{ reply: { text }, fault: { kind: 'cut', at: 50, insideCharacter: true } }])
    const response = await fetch(`${simulator.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ ...params, stream: true }),
    })
    const chunks: Uint8Array[] = []
    const read = async () => {
      for await (const chunk of response.body ?? []) chunks.push(chunk)
    }
    await expect(read()).rejects.toThrow('terminated')
    const bytes = Buffer.concat(chunks)
    expect(bytes.length).toBe(outcomeOf(simulator)?.bytes)
    expect(bytes.at(-1)).toBeGreaterThanOrEqual(0xc0)
  })

  it('an end without message_stop', async () => {
    const { client, simulator } = await simulate([{ reply: { text }, fault: { kind: 'eof', at: 80 } }])
    const events: string[] = []
    for await (const event of await client.messages.create({ ...params, stream: true })) events.push(event.type)
    expect(events).toContain('content_block_delta')
    expect(events).not.toContain('message_stop')
    expect(outcomeOf(simulator)?.outcome).toBe('fault:eof')
  })

  it('an overload in mid-stream', async () => {
    const { client, simulator } = await simulate([
      { reply: { text }, fault: { kind: 'overloaded-mid-stream', at: 50 } },
    ])
    const error = await failure(client.messages.stream(params).finalMessage())
    expect(error).toMatchObject({ status: undefined, type: 'overloaded_error' })
    expect(outcomeOf(simulator)).toMatchObject({ outcome: 'fault:overloaded-mid-stream', status: 200 })
  })

  it('JSON that does not parse, as event and as body', async () => {
    const { client, simulator } = await simulate([{ reply: { text }, fault: { kind: 'broken-json', at: 50 } }])
    await failure(client.messages.stream(params).finalMessage())
    await failure(client.messages.create(params))
    expect(simulator.journal().faults).toBe(2)
  })

  it.each([false, true])('a stall (pings: %s) until the client gives up', async (pings) => {
    const { client, simulator } = await simulate([{ reply: { text }, fault: { kind: 'stall', at: 40, pings } }])
    const stream = client.messages.stream(params)
    const ended = failure(stream.finalMessage())
    await vi.waitFor(() => expect(outcomeOf(simulator)?.bytes).toBeGreaterThan(0))
    expect(simulator.journal().inFlight).toBe(1)
    stream.abort()
    await ended
    await vi.waitFor(() => expect(outcomeOf(simulator)).toMatchObject({ outcome: 'fault:stall', aborted: true }))
    expect(simulator.journal()).toMatchObject({ inFlight: 0, aborted: 1 })
  })

  it('a slow start', async () => {
    const { client, simulator } = await simulate([{ fault: { kind: 'slow-start', ms: 300 } }])
    await client.messages.create(params)
    const { at, firstByteAt = 0 } = outcomeOf(simulator) ?? { at: 0 }
    expect(firstByteAt - at).toBeGreaterThanOrEqual(299)
  })
})

describe('an abort by the client', () => {
  it('is seen at once, in every phase, and what was sent counts as billable', async () => {
    const { client, simulator } = await simulate([
      { match: { prompt: 'early' }, reply: { text, firstTokenMs: 60_000 } },
      { match: { prompt: 'late' }, reply: { text, delayMs: 60_000 } },
    ])
    const open = (content: string) => client.messages.stream({ ...params, messages: [{ role: 'user', content }] })
    const streams = [open('early'), open('late')]
    const ends = streams.map((stream) => failure(stream.finalMessage()))
    await vi.waitFor(() => expect(simulator.journal()).toMatchObject({ inFlight: 2, billable: 1 }))
    const asked = Date.now()
    for (const stream of streams) stream.abort()
    await Promise.all(ends)
    await vi.waitFor(() => expect(simulator.journal()).toMatchObject({ inFlight: 0, aborted: 2, billable: 1 }))
    for (const { endedAt = Number.POSITIVE_INFINITY } of simulator.journal().requests) {
      expect(endedAt - asked).toBeLessThan(1000)
    }
  })
})

describe('limits', () => {
  it('a storm: one goes through, the others are told when', async () => {
    const { client, simulator } = await simulate([{ limit: { requestsPerMinute: 1, retryAfter: 30 } }])
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => client.messages.create(params)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(simulator.journal()).toMatchObject({ posts: 10, rateLimited: 9, billable: 1, faults: 0 })
    const [refused] = simulator.journal().requests.filter(({ status }) => status === 429)
    expect(refused).toMatchObject({ outcome: 'refused', retryAfter: 30 })
  })
})

describe('large and many answers', () => {
  it('sends 10 MB whole and lets a small one through meanwhile', async () => {
    const { client } = await simulate([{ match: { prompt: 'big' }, reply: { text: 'ä', bytes: 10_000_000 } }])
    const big = client.messages.stream({ ...params, messages: [{ role: 'user', content: 'big' }] }).finalMessage()
    await client.messages.create(params)
    const block = (await big).content.find((part) => part.type === 'text')
    expect(Buffer.byteLength(block?.text ?? '')).toBe(10_000_000)
  })

  it('holds 150 answers at once, each as long as asked', async () => {
    const { client, simulator } = await simulate([{ reply: { text, delayMs: 3000 } }])
    await Promise.all(Array.from({ length: 150 }, () => client.messages.stream(params).finalMessage()))
    const { maxInFlight, requests } = simulator.journal()
    expect(maxInFlight).toBe(150)
    for (const { at, endedAt = 0 } of requests) expect(endedAt - at).toBeGreaterThanOrEqual(2999)
  })
})

describe('usage in the journal', () => {
  it('of an answer that broke off counts the output that was sent', async () => {
    const { client, simulator } = await simulate([{ reply: { text }, fault: { kind: 'stall', at: 50, ms: 0 } }])
    await failure(client.messages.stream(params).finalMessage())
    const whole = Buffer.byteLength(text) / 4
    const sent = outcomeOf(simulator)?.usage?.output_tokens ?? 0
    expect(sent).toBeGreaterThan(whole * 0.2)
    expect(sent).toBeLessThan(whole * 0.6)
  })
})
