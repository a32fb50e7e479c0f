// What a tool call does when it is asked once, twice, at the same time, and after attempts that left no result: with the
// real journal and store in a directory, in a real activity context.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ActivityCancellationDetails, noopMetricMeter } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import type { AgentDeps } from '../../../src/activities/agent/deps.js'
import { callDigest } from '../../../src/activities/agent/tool/call-digest.js'
import { createRunTool } from '../../../src/activities/agent/tool/run-tool.js'
import type { Kept } from '../../../src/activities/call/answer.js'
import { createClaude } from '../../../src/activities/claude.js'
import { openMetrics } from '../../../src/activities/metrics.js'
import { storedRequests } from '../../../src/activities/requests.js'
import { openStreams } from '../../../src/activities/stream/streams.js'
import { auditLog } from '../../../src/audit/log.js'
import { secretsOf } from '../../../src/audit/redact.js'
import { DEFAULTS } from '../../../src/config/defaults.js'
import { type EffectClass, type RunToolOutcome, type RunToolRequest, toolStepOf } from '../../../src/contracts/agent.js'
import { openMcpPool } from '../../../src/mcp/pool.js'
import { fileLocks } from '../../../src/storage/file-lock.js'
import { openJournal } from '../../../src/storage/journal.js'
import { directoryStore } from '../../../src/storage/store.js'
import type { Tool } from '../../../src/tools/tool.js'

const root = { workflowId: 'w', firstRunId: 'r1' }
const SECRET = 'a-secret-of-the-worker-42'

const AGENT = {
  definition: { name: 'actor' },
  tools: [{ name: 'act', hash: 'hash' }],
  mcpServers: {},
  agents: [],
  permissions: [],
}

type Behaviour = Partial<Pick<Tool, 'run' | 'check' | 'timeoutSeconds' | 'schema'>>

async function open(effect: EffectClass, behaviour: Behaviour = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-effects-'))
  const journal = await openJournal<Kept>({ dir })
  onTestFinished(async () => {
    await journal.close()
    await rm(dir, { recursive: true, force: true })
  })
  const store = directoryStore(dir)
  const ran: string[] = []
  const tool: Tool = {
    name: 'act',
    description: 'acts',
    schema: z.object({ what: z.string() }),
    permission: 'other',
    effect,
    async run({ key }) {
      ran.push(key)
      return 'acted'
    },
    ...behaviour,
  }
  const deps: AgentDeps = {
    claude: createClaude({ baseUrl: 'http://127.0.0.1:9' }),
    store,
    requests: storedRequests(store),
    journal,
    streams: openStreams(),
    settings: DEFAULTS,
    metrics: openMetrics(noopMetricMeter),
    tools: [tool],
    mcp: openMcpPool({ env: {}, cwd: dir }),
    secrets: secretsOf({ SOME_TOKEN: SECRET }),
    hookFunctions: {},
    env: {},
    audit: auditLog({ dir, locked: fileLocks() }),
    permissionHandlers: {},
  }
  const input = { what: 'this' }
  const block = { type: 'tool_use', id: 't1', name: 'act', input }
  const chunk = await store.put(root, JSON.stringify({ answer: [block] }))
  const agent = await store.put(root, JSON.stringify(AGENT))
  const step = toolStepOf('turn:1', 't1')
  const request: RunToolRequest = {
    root,
    run: 'r1',
    step,
    label: 'act this',
    agent,
    chunk,
    call: { id: 't1', tool: 'act', digest: callDigest({ root, step, tool: 'act', definition: 'hash', input }), effect },
    timeoutSeconds: 60,
  }
  const call = (changes: Partial<RunToolRequest> = {}, environment = new MockActivityEnvironment()) =>
    environment.run(createRunTool(deps), { ...request, ...changes }) as Promise<RunToolOutcome>
  /** An attempt whose process died while the tool ran. */
  const lose = async () => {
    const other = await openJournal<Kept>({ dir })
    const { digest } = request.call
    const claim = await other.begin({ root, step, run: 'r1', digest, durable: true })
    if (claim.kind !== 'mine') throw new Error(`wanted to begin, got ${claim.kind}`)
    await other.close()
  }
  return { dir, deps, store, journal, request, ran, call, lose }
}

it('a tool runs once, and its result is found again', async () => {
  const { call, ran, request } = await open('unsafe')
  const first = await call()
  expect(first).toMatchObject({ kind: 'done', head: 'acted', bytes: 5 })
  expect(first.result).toEqual({ id: 't1', isError: false, content: { text: 'acted' } })
  expect(await call()).toEqual(first)
  expect(ran).toEqual([request.call.digest])
})

it('a second attempt joins the one in flight', async () => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let begun = 0
  const { call } = await open('unsafe', {
    async run() {
      begun++
      await gate
      return 'acted'
    },
  })
  const both = [call(), call()]
  setTimeout(() => release(), 300)
  const [one, other] = await Promise.all(both)
  expect(one).toEqual(other)
  expect(begun).toBe(1)
})

it('a tool that throws is an error result, and is not run again', async () => {
  let begun = 0
  const { call } = await open('unsafe', {
    run() {
      begun++
      throw new Error(`no such account (${SECRET})`)
    },
  })
  const outcome = await call()
  expect(outcome).toMatchObject({ kind: 'done', result: { isError: true } })
  expect(outcome.head).toMatch(/^no such account \(\[redacted sha256:[0-9a-f]{12}\]\)$/)
  expect(await call()).toEqual(outcome)
  expect(begun).toBe(1)
})

it.each(['read', 'idempotent'] as const)('what is %s runs again after an attempt that was lost', async (effect) => {
  const { call, ran, lose } = await open(effect)
  await lose()
  expect(await call()).toMatchObject({ kind: 'done', head: 'acted' })
  expect(ran).toHaveLength(1)
})

it('what is unsafe is unknown after an attempt that was lost, until somebody asks for it again, and then once', async () => {
  const { call, ran, lose } = await open('unsafe')
  await lose()
  for (const _ of [1, 2]) expect(await call()).toMatchObject({ kind: 'unknown', result: { isError: true } })
  expect(ran).toEqual([])
  const asked = new MockActivityEnvironment({ activityId: '7' })
  expect(await call({ again: true }, asked)).toMatchObject({ kind: 'done', head: 'acted' })
  expect(await call({ again: true }, new MockActivityEnvironment({ activityId: '7', attempt: 2 }))).toMatchObject({
    kind: 'done',
  })
  expect(ran).toHaveLength(1)
})

it('the repetition that somebody asked for is itself not repeated blindly', async () => {
  const { call, ran, lose, request, dir } = await open('unsafe')
  await lose()
  const { workflowExecution, activityId } = new MockActivityEnvironment({ activityId: '8' }).context.info
  const other = await openJournal<Kept>({ dir })
  const digest = `${request.call.digest} again ${workflowExecution?.runId} ${activityId}`
  const claim = await other.begin({ root, step: request.step, run: 'r1', digest, durable: true })
  expect(claim.kind).toBe('mine')
  await other.close()
  const asked = () => new MockActivityEnvironment({ activityId: '8' })
  expect(await call({ again: true }, asked())).toMatchObject({ kind: 'unknown' })
  expect(ran).toEqual([])
  expect(await call({ again: true }, new MockActivityEnvironment({ activityId: '9' }))).toMatchObject({ kind: 'done' })
})

it('what is reconcilable asks its check after an attempt that was lost', async () => {
  const found = await open('reconcilable', { check: async () => 'had acted' })
  await found.lose()
  expect(await found.call()).toMatchObject({ kind: 'done', head: 'had acted' })
  expect(found.ran).toEqual([])

  const nothing = await open('reconcilable', { check: async () => undefined })
  await nothing.lose()
  expect(await nothing.call()).toMatchObject({ kind: 'done', head: 'acted' })
  expect(nothing.ran).toHaveLength(1)

  const unsure = await open('reconcilable', {
    async check() {
      throw new Error('the other side does not answer')
    },
  })
  await unsure.lose()
  expect(await unsure.call()).toMatchObject({ kind: 'unknown', head: expect.stringContaining('does not answer') })
  expect(unsure.ran).toEqual([])
})

it('a claim that is damaged counts as an attempt that was lost', async () => {
  const { call, ran, lose, dir } = await open('unsafe')
  await lose()
  const { readdir } = await import('node:fs/promises')
  const [name] = (await readdir(dir, { recursive: true })).filter((path) => path.endsWith('1.claim'))
  await writeFile(join(dir, name ?? ''), 'nonsense')
  await writeFile(join(dir, (name ?? '').replace('claim', 'lost')), '')
  expect(await call()).toMatchObject({ kind: 'unknown' })
  expect(ran).toEqual([])
})

it('what takes too long is an error where a repeat is harmless, and unknown where it is not', async () => {
  const forever: Behaviour = {
    timeoutSeconds: 0.05,
    run: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true })),
  }
  const reading = await open('read', forever)
  expect(await reading.call()).toMatchObject({ kind: 'done', head: 'It took longer than 0.05 s and was stopped.' })
  const acting = await open('unsafe', forever)
  expect(await acting.call()).toMatchObject({ kind: 'unknown' })
  expect(await acting.call()).toMatchObject({ kind: 'unknown' })
  const saying = await open('unsafe', {
    timeoutSeconds: 0.05,
    run: ({ signal }) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ content: [{ type: 'text', text: 'killed' }], isError: true })),
      ),
  })
  expect(await saying.call()).toMatchObject({ kind: 'done', head: expect.stringMatching(/^killed/) })
})

it('arguments that are not those that were judged are refused, and nothing runs', async () => {
  const { call, ran, store, request } = await open('unsafe')
  const input = await store.put(root, JSON.stringify({ what: 'something else' }))
  await expect(call({ call: { ...request.call, input } })).rejects.toMatchObject({
    type: 'CallChanged',
    nonRetryable: true,
  })
  await expect(call({ step: toolStepOf('turn:2', 't1') })).rejects.toMatchObject({ type: 'CallChanged' })
  expect(ran).toEqual([])
  // The one that was judged still runs.
  expect(await call()).toMatchObject({ kind: 'done' })
})

it('a tool that takes something else by now is refused', async () => {
  const { call, ran } = await open('unsafe', { schema: z.object({ other: z.number() }) })
  await expect(call()).rejects.toMatchObject({ type: 'CallChanged' })
  expect(ran).toEqual([])
})

it('a tool that is gone is an error to the model', async () => {
  const { call, deps, ran } = await open('unsafe')
  deps.tools.length = 0
  expect(await call()).toMatchObject({ kind: 'done', result: { isError: true } })
  expect(ran).toEqual([])
})

it('a large output is cut at both ends, and all of it is kept', async () => {
  const text = `begin ${'x'.repeat(2_000_000)} end`
  const { call, store } = await open('read', { run: async () => text })
  const { result, bytes } = await call()
  expect(bytes).toBe(text.length)
  if (!('ref' in result.content)) throw new Error('wanted a ref')
  const blocks = JSON.parse(await store.text(result.content.ref)) as { text: string }[]
  expect(blocks[0]?.text.length).toBeLessThan(263_000)
  expect(blocks[0]?.text).toMatch(/^begin x/)
  expect(blocks[0]?.text).toMatch(/x end$/)
  const whole = /sha256:[0-9a-f]{64}/.exec(blocks[1]?.text ?? '')?.[0] ?? ''
  expect(await store.text(whole)).toBe(text)
})

it('hooks hear of a result that is written down, and may add to it', async () => {
  const heard: unknown[] = []
  const { call, deps, store, request } = await open('unsafe')
  deps.hookFunctions.listener = async (payload) => {
    heard.push(payload)
    return { hookSpecificOutput: { additionalContext: 'the tests pass' } }
  }
  const hooks = { post_tool_use: [{ hooks: [{ type: 'function', name: 'listener', timeout: 5 }] }] }
  const agent = await store.put(root, JSON.stringify({ ...AGENT, hooks }))
  const { result } = await call({ agent })
  expect(heard).toMatchObject([{ event: 'post_tool_use', tool: 'act', isError: false, head: 'acted' }])
  if (!('ref' in result.content)) throw new Error('wanted a ref')
  expect(JSON.parse(await store.text(result.content.ref))).toMatchObject([
    { text: 'acted' },
    { text: '[From a hook] the tests pass' },
  ])
  expect(request.call.effect).toBe('unsafe')
})

it('a lost attempt of what is unsafe is unknown also where its arguments can be read no more', async () => {
  const { call, lose, ran } = await open('unsafe')
  const chunk = `sha256:${'0'.repeat(64)}`
  await expect(call({ chunk })).rejects.toMatchObject({ type: 'BlobMissing' })
  await lose()
  expect(await call({ chunk })).toMatchObject({ kind: 'unknown' })
  expect(ran).toEqual([])
})

it('what a tool gives that is no output is an error to the model', async () => {
  const { call } = await open('read', { run: async () => undefined as unknown as string })
  expect(await call()).toMatchObject({ result: { isError: true }, head: expect.stringContaining('undefined') })
})

it('an interruption stops the tool, and says what is known', async () => {
  const { call } = await open('unsafe', {
    run: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true })),
  })
  const environment = new MockActivityEnvironment()
  const outcome = call({}, environment)
  setTimeout(() => environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true })), 100)
  expect(await outcome).toMatchObject({ kind: 'interrupted', happened: 'unknown', result: { isError: true } })
})
