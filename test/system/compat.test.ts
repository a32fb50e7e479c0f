// Every name of the Python skill, called as its documents call it, against a real server, worker and model server.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  ClaudeInvocationError,
  ConfigurationError,
  ConversationThread,
  InterruptToken,
  invokeClaude,
  invokeClaudeStreaming,
  invokeParallel,
  invokeParallelInterruptible,
  invokeParallelStreaming,
} from '../../src/compat.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
  vi.stubEnv('TEMPORAL_ADDRESS', stage.server.address)
  vi.stubEnv('ENSEMBLE_HOME', stage.home)
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await stage?.close()
})

/** Requests by the beginning of their prompt. */
const asked = (prompt: string) => stage.simulator.journal().requests.filter((one) => one.promptHead.startsWith(prompt))

describe('invokeClaude', () => {
  it('answers a prompt', async () => {
    const response = await invokeClaude('Analyze this code for security vulnerabilities: eval(input)', {
      model: 'claude-sonnet-5-5',
    })
    expect(response).toContain('SIMULATED answer to: "Analyze this code for security vulnerabilities')
  })

  it('takes every parameter of the document', async () => {
    const prompt = `all parameters ${randomUUID()}`
    const response = await invokeClaude([{ type: 'text', text: prompt }], {
      model: 'haiku',
      system: [{ type: 'text', text: `You are brief. ${'It is a long story. '.repeat(400)}` }],
      maxTokens: 512,
      temperature: 1,
      streaming: true,
      cacheSystem: true,
      cachePrompt: true,
      params: { stop_sequences: ['The request has'] },
    })
    expect(response).toMatch(/^SIMULATED answer/)
    expect(response).not.toContain('The request has')
    const [sent] = asked(prompt)
    expect(sent?.model).toBe('claude-haiku-5-5')
    expect(sent?.systemHead).toMatch(/^You are brief/)
    expect(sent?.usage?.cache_creation_input_tokens).toBeGreaterThan(512)
    const other = `messages win ${randomUUID()}`
    await invokeClaude('not this one', { messages: [{ role: 'user', content: other }] })
    expect(asked(other)).toHaveLength(1)
    expect(asked('not this one')).toEqual([])
  })

  it('throws what the API said, with status and details', async () => {
    const prompt = `refused ${randomUUID()}`
    stage.simulator.setRules([{ match: { prompt }, fault: { kind: '400', message: 'no such field' } }])
    const error = await invokeClaude(prompt).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ClaudeInvocationError)
    expect(error).toMatchObject({ statusCode: 400, message: expect.stringContaining('no such field') })
    expect((error as ClaudeInvocationError).details?.items).toMatchObject([{ status: 'error', attempts: 1 }])
    expect(asked(prompt)).toHaveLength(1)
  })

  it('throws a configuration error apart from it, before any call', async () => {
    await expect(invokeClaude('')).rejects.toThrow(ConfigurationError)
    vi.stubEnv('TEMPORAL_ADDRESS', 'nowhere at all')
    try {
      await expect(invokeClaude('hello')).rejects.toThrow(ConfigurationError)
    } finally {
      vi.stubEnv('TEMPORAL_ADDRESS', stage.server.address)
    }
  })
})

describe('invokeParallel', () => {
  it('answers in the order of the prompts, each with its own role', async () => {
    const results = await invokeParallel(
      [
        { prompt: 'Analyze from security perspective: login()', system: 'You are a security expert' },
        {
          prompt: 'Analyze from performance perspective: login()',
          system: 'You are a performance optimization expert',
        },
        { prompt: 'Analyze from maintainability perspective: login()', system: 'You are an architecture expert' },
      ],
      { model: 'claude-sonnet-5-5', maxTokens: 1000, concurrency: 3 },
    )
    expect(results.map((text) => /from (\w+) perspective/.exec(text)?.[1])).toEqual([
      'security',
      'performance',
      'maintainability',
    ])
  })

  it('shares a cached context, also with a role of its own (pattern 1)', async () => {
    const base = `<codebase> ${randomUUID()} ${'function login() { return true } '.repeat(400)}</codebase>`
    const prompts = ['Find vulnerabilities', 'Identify bottlenecks', 'Suggest refactoring'].map((what) => ({
      prompt: `${what} in ${base.slice(11, 47)}`,
      system: `expert for: ${what}`,
    }))
    expect(await invokeParallel(prompts, { sharedSystem: base, cacheSharedSystem: true })).toHaveLength(3)
    const used = prompts.flatMap(({ prompt }) => asked(prompt).map(({ usage }) => usage))
    expect(used.filter((usage) => (usage?.cache_creation_input_tokens ?? 0) > 0)).toHaveLength(1)
    expect(used.filter((usage) => (usage?.cache_read_input_tokens ?? 0) > 0)).toHaveLength(2)
  })

  it('throws the first failure once all have ended, with every outcome', async () => {
    const prompt = `one fails ${randomUUID()}`
    stage.simulator.setRules([{ match: { prompt }, fault: { kind: '400' } }])
    const error = await invokeParallel([{ prompt: 'fine' }, { prompt }]).catch((thrown: unknown) => thrown)
    expect((error as ClaudeInvocationError).details?.items.map(({ status }) => status)).toEqual(['ok', 'error'])
  })
})

describe('streaming', () => {
  it('calls back with chunks that make up the answer', async () => {
    const prompt = `Count from 1 to 5 ${randomUUID()}`
    stage.simulator.setRules([
      { match: { prompt }, reply: { text: 'one\ntwo\nthree\nfour\nfünf 🙂', tokensPerSecond: 20 } },
    ])
    const chunks: string[] = []
    const response = await invokeClaudeStreaming(prompt, { callback: (chunk) => chunks.push(chunk) })
    expect(response).toBe('one\ntwo\nthree\nfour\nfünf 🙂')
    expect(chunks.length).toBeGreaterThan(1)
    expect(chunks.join('')).toBe(response)
  })

  it('works without a callback', async () => {
    expect(await invokeClaudeStreaming('Say hello')).toContain('SIMULATED')
    expect(await invokeParallelStreaming([{ prompt: 'Say hello' }, { prompt: 'Say goodbye' }])).toHaveLength(2)
  })

  it('tells each callback its own agent, and takes null for none', async () => {
    const told: string[] = []
    const results = await invokeParallelStreaming(
      [{ prompt: "Say 'Hello from agent 1'" }, { prompt: 'Nobody listens' }, { prompt: "Say 'Hello from agent 2'" }],
      { callbacks: [(chunk) => told.push(`[Agent1] ${chunk}`), null, (chunk) => told.push(`[Agent2] ${chunk}`)] },
    )
    for (const [agent, text] of [
      ['[Agent1] ', results[0]],
      ['[Agent2] ', results[2]],
    ] as const) {
      const mine = told.filter((line) => line.startsWith(agent)).map((line) => line.slice(agent.length))
      expect(mine.join('')).toBe(text)
    }
  })

  it('refuses another number of callbacks before any call', async () => {
    const prompt = `never asked ${randomUUID()}`
    const two = invokeParallelStreaming([{ prompt }], { callbacks: [() => {}, () => {}] })
    await expect(two).rejects.toThrow(new ConfigurationError('callbacks: got 2 for 1 prompts; wanted one for each'))
    expect(asked(prompt)).toEqual([])
  })
})

describe('interruption', () => {
  const slow = (prompt: string) =>
    stage.simulator.setRules([{ match: { prompt }, reply: { bytes: 4000, delayMs: 60_000 } }])

  it('answers like any other call when nobody interrupts', async () => {
    const token = new InterruptToken()
    expect(await invokeParallelInterruptible([{ prompt: 'Say hello' }], { interruptToken: token })).toHaveLength(1)
    expect(await invokeParallelInterruptible([{ prompt: 'Say hello' }])).toHaveLength(1)
    expect(token.isInterrupted()).toBe(false)
  })

  it('keeps what was answered and gives null for the rest', async () => {
    const essay = `Write a long essay ${randomUUID()}`
    slow(essay)
    const token = new InterruptToken()
    const prompts = [{ prompt: 'short' }, ...[1, 2, 3, 4].map((topic) => ({ prompt: `${essay} about topic ${topic}` }))]
    const running = invokeParallelInterruptible(prompts, { interruptToken: token })
    await until('four essays in flight', async () => asked(essay).length === 4)
    await until('the short answer', async () => asked('short').some(({ outcome }) => outcome === 'answered'))
    await token.interrupt()
    expect(token.isInterrupted()).toBe(true)
    expect(await running).toEqual([expect.stringContaining('SIMULATED'), null, null, null, null])
    expect(asked(essay).map(({ outcome }) => outcome)).toEqual(['aborted', 'aborted', 'aborted', 'aborted'])
    expect(await invokeParallelInterruptible(prompts, { interruptToken: token })).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
    token.reset()
    expect(token.isInterrupted()).toBe(false)
  })

  it('works by run id, as from another process', async () => {
    const essay = `Another process ${randomUUID()}`
    slow(essay)
    const id = `stopped-${randomUUID()}`
    const running = invokeParallelInterruptible([{ prompt: essay }], { interruptToken: new InterruptToken(id) })
    await until('the essay in flight', async () => asked(essay).length === 1)
    await new InterruptToken(id).interrupt()
    expect(await running).toEqual([null])
  })
})

describe('ConversationThread', () => {
  it('is a conversation with turns, history and clear (pattern 2)', async () => {
    const agent = new ConversationThread({
      system: [
        { type: 'text', text: 'You are analyzing this codebase:' },
        { type: 'text', text: `<codebase>${'login() '.repeat(800)}</codebase>`, cache_control: { type: 'ephemeral' } },
      ],
      model: 'claude-haiku-5-5',
      maxTokens: 800,
      temperature: 1,
      cacheSystem: true,
    })
    expect(await agent.length()).toBe(0)
    expect(await agent.getMessages()).toEqual([])
    const first = await agent.send('Find SQL injection vulnerabilities')
    const second = await agent.send([{ type: 'text', text: 'Now check for XSS issues' }], { cacheHistory: false })
    expect(await agent.length()).toBe(2)
    expect(await agent.getMessages()).toEqual([
      { role: 'user', content: 'Find SQL injection vulnerabilities' },
      { role: 'assistant', content: first },
      { role: 'user', content: [{ type: 'text', text: 'Now check for XSS issues' }] },
      { role: 'assistant', content: second },
    ])
    expect(asked('Now check for XSS issues')[0]?.usage?.cache_read_input_tokens).toBeGreaterThan(512)
    await agent.clear()
    expect(await agent.length()).toBe(0)
    expect(await agent.getMessages()).toEqual([])
    expect(await agent.send('Generate fixes for the issues found')).toContain('SIMULATED')
  })

  it('goes on in another process under its id, and is refused other settings', async () => {
    const id = `agent-${randomUUID()}`
    await new ConversationThread({ id, system: 'You refactor.' }).send('Analyze the UserAuth class for issues')
    const again = new ConversationThread({ id, system: 'You refactor.' })
    await again.send('How would you refactor the login method?')
    expect(await again.length()).toBe(2)
    await expect(new ConversationThread({ id, system: 'You test.' }).send('Hello')).rejects.toThrow(ConfigurationError)
  })

  it('throws what the API said', async () => {
    const prompt = `no such turn ${randomUUID()}`
    stage.simulator.setRules([{ match: { prompt }, fault: { kind: '400' } }])
    await expect(new ConversationThread().send(prompt)).rejects.toMatchObject({
      name: 'ClaudeInvocationError',
      statusCode: 400,
    })
  })
})
