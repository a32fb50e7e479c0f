// The simulator over real HTTP, seen by the SDK the project uses. What a second, foreign client sees is checked in
// test/foreign.
import { request } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { MODELS } from '../../src/agents/models.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.js'

const started: Simulator[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((simulator) => simulator.close()))
})

async function simulate(options: SimulatorOptions = {}) {
  const simulator = await startSimulator(options)
  started.push(simulator)
  return { simulator, client: new Anthropic({ baseURL: simulator.url, apiKey: 'any', maxRetries: 0 }) }
}

const model = 'claude-sonnet-5-5'
const user = (content: string) => ({ role: 'user' as const, content })
const textOf = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
const shared = (text: string) => [{ type: 'text' as const, text, cache_control: { type: 'ephemeral' as const } }]
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('the request was answered'),
    (error: unknown) => error as InstanceType<typeof Anthropic.APIError>,
  )

describe('an answer', () => {
  it('is the same message as JSON and as a stream, labelled SIMULATED', async () => {
    const { client } = await simulate()
    const params = { model, max_tokens: 500, messages: [user('Tell me about durable execution')] }
    const whole = await client.messages.create(params)
    const streamed = await client.messages.stream(params).finalMessage()
    expect(textOf(whole)).toContain('SIMULATED')
    expect(textOf(whole)).toContain('durable execution')
    expect(streamed.content).toEqual(whole.content)
    expect(streamed.usage).toEqual(whole.usage)
    expect(whole.stop_reason).toBe('end_turn')
  })

  it('says in a header that a simulator gave it, with a request id and limits that count down', async () => {
    const rules = [{ limit: { requestsPerMinute: 100 } }]
    const { client } = await simulate({ rules, now: () => 1_800_000_000_000 })
    const ask = () => client.messages.create({ model, max_tokens: 50, messages: [user('x')] }).withResponse()
    const [first, second] = [await ask(), await ask()]
    expect(first.response.headers.get('x-model-server')).toBe('simulator')
    expect(first.request_id).toMatch(/^req_/)
    expect(first.request_id).not.toBe(second.request_id)
    const left = ({ response }: typeof first) => response.headers.get('anthropic-ratelimit-requests-remaining')
    expect([left(first), left(second)]).toEqual(['99', '98'])
  })

  it('starts with thinking for some prompts, and its tokens are told', async () => {
    const { client } = await simulate()
    const messages = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        client.messages.create({
          model,
          max_tokens: 500,
          thinking: { type: 'adaptive', display: 'summarized' },
          messages: [user(`question ${n}`)],
        }),
      ),
    )
    const thought = messages.filter(({ content }) => content[0]?.type === 'thinking')
    expect(thought.length).toBeGreaterThan(0)
    expect(thought.length).toBeLessThan(12)
    for (const { content, usage } of thought) {
      expect(content[0]).toMatchObject({ type: 'thinking', thinking: expect.stringContaining('SIMULATED') })
      expect(usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0)
      expect(usage.output_tokens).toBeGreaterThan(usage.output_tokens_details?.thinking_tokens ?? 0)
    }
  })

  it('ends at max_tokens and at a stop sequence', async () => {
    const { client } = await simulate()
    const ask = (more: { max_tokens: number; stop_sequences?: string[] }) =>
      client.messages.create({ model, messages: [user('hello')], ...more })
    expect(await ask({ max_tokens: 5 })).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 5 } })
    const stopped = await ask({ max_tokens: 60, stop_sequences: ['request'] })
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'request' })
    expect(textOf(stopped)).not.toContain('request')
  })

  it('is valid JSON for a schema, and findings at real lines for a review', async () => {
    const { client } = await simulate()
    const field = { type: 'string' }
    const schema = {
      type: 'object',
      properties: {
        findings: {
          type: 'array',
          items: {
            type: 'object',
            properties: { file: field, line: { type: 'integer' }, severity: field, title: field, detail: field },
          },
        },
      },
      required: ['findings'],
    }
    const message = await client.messages.create({
      model,
      max_tokens: 4096,
      system: [
        ...shared('<file path="src/a.ts">\n1\tconst one = 1\n2\tel.innerHTML = name\n</file>'),
        { type: 'text', text: 'You are the security expert of a code review.' },
      ],
      messages: [user('Review these files.')],
      output_config: { format: { type: 'json_schema', schema } },
    })
    const { findings } = JSON.parse(textOf(message))
    expect(findings).toMatchObject([{ file: 'src/a.ts', line: 2, severity: 'high' }])
  })

  it('is a tool call when a rule says so, and the conversation goes on with its result', async () => {
    const call = { type: 'tool_use' as const, name: 'weather', input: { city: 'Zürich' } }
    const { client } = await simulate({
      rules: [{ match: { prompt: 'weather' }, reply: { blocks: [{ type: 'text', text: 'Let me look.' }, call] } }],
    })
    const tools = [{ name: 'weather', input_schema: { type: 'object' as const } }]
    const first = await client.messages
      .stream({ model, max_tokens: 500, tools, messages: [user('weather?')] })
      .finalMessage()
    expect(first.stop_reason).toBe('tool_use')
    const use = first.content.find((block) => block.type === 'tool_use')
    expect(use).toMatchObject({ name: 'weather', input: { city: 'Zürich' } })
    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'sunny' }
    const turns = [user('weather?'), { role: 'assistant' as const, content: first.content }]
    const next = await client.messages.create({
      model,
      max_tokens: 500,
      tools,
      messages: [...turns, { role: 'user', content: [result] }],
    })
    expect(textOf(next)).toContain('sunny')
    const unanswered = await failure(
      client.messages.create({ model, max_tokens: 5, tools, messages: [...turns, user('never mind')] }),
    )
    expect(unanswered.message).toContain('`tool_use` ids were found without `tool_result` blocks')
  })
})

describe('a strange prompt', () => {
  it.each([
    ['NUL and control characters', 'a\u0000b\u001b[31m'],
    ['half a surrogate pair', 'x\ud800y'],
    ['only white space', ' \n\t '],
    ['names of prototypes', '__proto__ constructor'],
    ['almost a whole context', 'x'.repeat(3_900_000)],
  ])('%s is answered', async (_, prompt) => {
    const { client } = await simulate()
    const params = { model, max_tokens: 200, messages: [user(prompt)] }
    const streamed = await client.messages.stream(params).finalMessage()
    expect(textOf(streamed)).toContain('SIMULATED')
    expect(textOf(await client.messages.create(params))).toBe(textOf(streamed))
  })
})

describe('usage', () => {
  it('agrees with count_tokens for the same request', async () => {
    const { client } = await simulate()
    const request = {
      model,
      system: shared('Grüße '.repeat(900)),
      tools: [{ name: 't', input_schema: { type: 'object' as const } }],
      messages: [user('one'), { role: 'assistant' as const, content: 'two' }, user('three 漢字')],
    }
    const { input_tokens: counted } = await client.messages.countTokens(request)
    for (let round = 0; round < 2; round++) {
      const { usage } = await client.messages.create({ ...request, max_tokens: 50 })
      const read = round === 0 ? usage.cache_creation_input_tokens : usage.cache_read_input_tokens
      expect(read).toBeGreaterThan(1000)
      expect(usage.input_tokens + (read ?? 0)).toBe(counted)
    }
  })

  it('shows one write and 19 reads when 20 share a prefix and the first has begun', async () => {
    const { client } = await simulate()
    const system = shared('x'.repeat(10_000))
    const ask = async (n: number, begun?: () => void) => {
      const stream = client.messages.stream({ model, max_tokens: 60, system, messages: [user(`item ${n}`)] })
      stream.on('streamEvent', (event) => {
        if (event.type === 'message_start') begun?.()
      })
      return (await stream.finalMessage()).usage
    }
    const usages = await new Promise<Anthropic.Usage[]>((resolve, reject) => {
      const leader = ask(0, () => {
        const siblings = Array.from({ length: 19 }, (_, n) => ask(n + 1))
        Promise.all([leader, ...siblings]).then(resolve, reject)
      })
    })
    expect(usages.filter(({ cache_creation_input_tokens: wrote }) => wrote)).toHaveLength(1)
    expect(usages.filter(({ cache_read_input_tokens: read }) => read)).toHaveLength(19)
  })

  it('shows only writes when all start at once, because nothing had begun', async () => {
    const { client } = await simulate({ rules: [{ reply: { text: 'ok', firstTokenMs: 1500 } }] })
    const system = shared('x'.repeat(10_000))
    const all = await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        client.messages.stream({ model, max_tokens: 60, system, messages: [user(`${n}`)] }).finalMessage(),
      ),
    )
    expect(all.map(({ usage }) => usage.cache_read_input_tokens)).toEqual([0, 0, 0, 0, 0])
  })
})

describe('a request the API refuses', () => {
  it.each<[string, object, number, string]>([
    ['an unknown model', { model: 'claude-9' }, 404, 'model: claude-9'],
    ['a short name', { model: 'sonnet' }, 404, 'model: sonnet'],
    ['a temperature', { temperature: 1 }, 400, '`temperature` is not supported'],
    ['a thinking budget', { thinking: { type: 'enabled', budget_tokens: 2000 } }, 400, 'thinking.type.enabled'],
    ['thinking disabled', { thinking: { type: 'disabled' } }, 400, 'thinking.type.disabled'],
    ['a forced tool', { tools: [{ name: 't', input_schema: {} }], tool_choice: { type: 'any' } }, 400, 'tool_choice'],
    ['a prefilled answer', { messages: [user('a'), { role: 'assistant', content: 'b' }] }, 400, 'prefill'],
    ['too many tokens', { max_tokens: 128_001 }, 400, 'max_tokens: 128001 > 128000'],
    ['no message', { messages: [] }, 400, 'messages: at least one message is required'],
    ['an empty message', { messages: [user('')] }, 400, 'messages.0: all messages must have non-empty content'],
    ['no max_tokens', { max_tokens: undefined }, 400, 'max_tokens: Field required'],
    ['an unknown field', { temprature: 1 }, 400, 'temprature: Extra inputs are not permitted'],
    ['a prompt beyond the context', { messages: [user('x'.repeat(4_000_100))] }, 400, 'prompt is too long'],
    ['a body above 32 MB', { messages: [user('x'.repeat(33 * 1024 * 1024))] }, 413, 'maximum allowed number of bytes'],
  ])('%s', async (_, change, status, message) => {
    const { client, simulator } = await simulate()
    const params = { model, max_tokens: 10, messages: [user('x')], stream: true as const, ...change }
    const error = await failure(client.messages.create(params))
    expect(error.status).toBe(status)
    expect(error.message).toContain(message)
    expect(error.requestID).toMatch(/^req_/)
    expect(simulator.journal()).toMatchObject({ posts: 1, billable: 0, requests: [{ outcome: 'refused', status }] })
  })

  it('a model after its last day', async () => {
    const { client } = await simulate({ now: () => Date.parse('2026-12-01T00:00:00Z') })
    const error = await failure(
      client.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 5, messages: [user('x')] }),
    )
    expect(error).toBeInstanceOf(Anthropic.NotFoundError)
  })

  it('without a key or with a bad one; both ways of sending a key are good', async () => {
    const { simulator } = await simulate()
    const list = (headers: Record<string, string>) =>
      fetch(`${simulator.url}/v1/models`, { headers: { 'anthropic-version': '2023-06-01', ...headers } })
    expect((await list({})).status).toBe(401)
    const bad = await list({ authorization: 'Bearer sk-ant-invalid-1' })
    expect(bad.status).toBe(401)
    expect(await bad.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
    expect((await list({ 'x-api-key': 'k' })).status).toBe(200)
    expect((await list({ authorization: 'Bearer k', 'anthropic-version': '2026-10-21' })).status).toBe(200)
    expect((await list({ 'x-api-key': 'k', 'anthropic-version': '1999-01-01' })).status).toBe(400)
  })
})

describe('the models', () => {
  it('are the table, page by page and one by one', async () => {
    const { client } = await simulate()
    const ids: string[] = []
    for await (const { id } of client.models.list({ limit: 5 })) ids.push(id)
    expect(ids).toEqual(MODELS.map(({ id }) => id))
    expect(await client.models.retrieve('claude-haiku-5-5')).toMatchObject({ max_tokens: 128_000, line: 'haiku' })
    expect((await failure(client.models.retrieve('nope'))).status).toBe(404)
  })
})

describe('the journal and the rules over HTTP', () => {
  it('lives through a request for something that is no path', async () => {
    const { simulator } = await simulate()
    const { port } = new URL(simulator.url)
    const status = await new Promise((done) => {
      const headers = { 'x-api-key': 'any', 'anthropic-version': '2023-06-01' }
      request({ port, host: '127.0.0.1', path: '//', headers }, ({ statusCode }) => done(statusCode)).end()
    })
    expect(status).toBe(404)
    expect((await fetch(simulator.url)).ok).toBe(true)
  })

  it('count what was asked, can be reset, and rules can be replaced while it runs', async () => {
    const { client, simulator } = await simulate()
    const ask = (prompt: string) => client.messages.create({ model, max_tokens: 60, messages: [user(prompt)] })
    await Promise.all([ask('a'), ask('a'), ask('b')])
    const journal = () => fetch(`${simulator.url}/_simulator/journal`).then((response) => response.json())
    expect(await journal()).toMatchObject({
      posts: 3,
      billable: 3,
      inFlight: 0,
      byPrompt: { a: { posts: 2 }, b: { posts: 1 } },
    })
    await fetch(`${simulator.url}/_simulator/journal`, { method: 'DELETE' })
    expect(await journal()).toMatchObject({ posts: 0, maxInFlight: 0, requests: [] })

    const put = (rules: unknown) =>
      fetch(`${simulator.url}/_simulator/rules`, { method: 'PUT', body: JSON.stringify(rules) })
    expect((await put([{ reply: { text: 'scripted: {prompt}' } }])).status).toBe(200)
    expect(textOf(await ask('hello'))).toBe('scripted: hello')
    const refused = await put([{ fault: { kind: 'nonsense' } }])
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('rules.0.fault.kind') } })
    expect(textOf(await ask('hello'))).toBe('scripted: hello')
    await fetch(`${simulator.url}/_simulator/rules`, { method: 'DELETE' })
    expect(textOf(await ask('hello'))).toContain('SIMULATED')
  })
})
