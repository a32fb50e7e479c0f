import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { HookEvent, HookPayload } from '../../../src/contracts/hooks.js'
import { Hooks } from '../../../src/contracts/schemas/agent.js'
import { type HookDeps, runHooks } from '../../../src/hooks/run-hooks.js'

type Given = { event?: HookEvent; hooks: unknown[]; matcher?: string; deps?: Partial<HookDeps>; tool?: string }

function run({ event = 'pre_tool_use', hooks, matcher, deps, tool = 'Bash' }: Given) {
  const group = { hooks, ...(matcher !== undefined && { matcher }) }
  const payload: HookPayload = {
    ...{ event, id: 'run-1:turn:3:tool:a', run: 'run-1', workflow: 'thread', at: '2026-01-01T00:00:00.000Z' },
    ...{ tool, input: { command: 'ls' } },
  }
  const defaults: HookDeps = { functions: {}, env: { PATH: process.env.PATH }, signal: new AbortController().signal }
  return runHooks(Hooks.parse({ [event]: [group] }), payload, { ...defaults, ...deps })
}

const command = (text: string, more: object = {}) => ({ type: 'command', command: text, ...more })

async function room(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-hooks-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

describe('a command', () => {
  it('gets the event as JSON on standard input and lets it go on by exit code 0', async () => {
    const cwd = await room()
    expect(await run({ hooks: [command('cat > heard.json')], deps: { cwd } })).toEqual({ warnings: [] })
    expect(JSON.parse(await readFile(join(cwd, 'heard.json'), 'utf8'))).toMatchObject({
      ...{ event: 'pre_tool_use', id: 'run-1:turn:3:tool:a', tool: 'Bash', input: { command: 'ls' } },
    })
  })

  it('blocks by exit code 2, with what it wrote to standard error', async () => {
    const outcome = await run({ hooks: [command('echo "not on a Friday" >&2; exit 2'), command('touch /never')] })
    expect(outcome).toEqual({ block: 'not on a Friday', warnings: [] })
  })

  it('blocks by JSON, in both ways it may be said', async () => {
    expect(await run({ hooks: [command(`echo '{"decision":"block","reason":"no"}'`)] })).toMatchObject({ block: 'no' })
    const denied = { hookSpecificOutput: { permissionDecision: 'deny', permissionDecisionReason: 'never' } }
    expect(await run({ hooks: [command(`echo '${JSON.stringify(denied)}'`)] })).toMatchObject({ block: 'never' })
  })

  it('changes the arguments, and the next one sees what the one before made of them', async () => {
    const first = { hookSpecificOutput: { updatedInput: { command: 'ls -l' }, additionalContext: 'long lists only' } }
    const cwd = await room()
    const outcome = await run({
      hooks: [command(`echo '${JSON.stringify(first)}'`), command('cat > heard')],
      deps: { cwd },
    })
    expect(outcome).toEqual({ input: { command: 'ls -l' }, context: 'long lists only', warnings: [] })
    expect(JSON.parse(await readFile(join(cwd, 'heard'), 'utf8')).input).toEqual({ command: 'ls -l' })
  })

  it.each([
    ['fails', 'echo broken >&2; exit 7', /failed: exit code 7: broken$/],
    ['hangs, its children included,', 'sleep 100 & sleep 100', /failed: it took more than 1 s$/],
    ['speaks nonsense', 'echo "{nonsense"', /failed: its answer is no JSON$/],
    ['answers what cannot be kept', `echo '{"decision":"perhaps"}'`, /failed: its answer does not fit at decision/],
    ['misspells its objection', `echo '{"decison":"block"}'`, /failed: its answer has the unknown field "decison"$/],
    ['objects in the wrong place', `echo '{"permissionDecision":"deny"}'`, /unknown field "permissionDecision"$/],
    ['wants everything to stop', `echo '{"continue":false,"stopReason":"enough"}'`, /^enough$/],
    [
      'asks for what only permissions can',
      `echo '{"hookSpecificOutput":{"permissionDecision":"ask"}}'`,
      /does not fit/,
    ],
  ])('that %s blocks what was about to happen', async (_, text, reason) => {
    expect((await run({ hooks: [command(text, { timeout: 1 })] })).block).toMatch(reason)
  })

  it.each(['session_start', 'post_tool_use', 'run_finished'] as const)(
    'that fails at %s is a warning',
    async (event) => {
      const outcome = await run({ event, hooks: [command('exit 7')] })
      expect(outcome).toEqual({ warnings: ['hook "exit 7": exit code 7'] })
    },
  )

  it('that objects after a tool is heard by the model', async () => {
    const outcome = await run({ event: 'post_tool_use', hooks: [command('echo "run the tests, too" >&2; exit 2')] })
    expect(outcome).toEqual({ context: 'run the tests, too', warnings: [] })
  })

  it('tells the model at the beginning of a session what it prints', async () => {
    const outcome = await run({ event: 'session_start', hooks: [command('echo the branch is main')] })
    expect(outcome).toEqual({ context: 'the branch is main', warnings: [] })
  })

  it('sees no variable that is not on the list', async () => {
    const env = { PATH: process.env.PATH, ANTHROPIC_API_KEY: 'sk-secret', DATABASE_URL: 'postgres://secret' }
    const { context } = await run({ event: 'session_start', hooks: [command('env')], deps: { env } })
    expect(context).toContain('PATH=')
    expect(context).not.toContain('secret')
  })

  it('that need not read what it is given, and says a lot, does no harm', async () => {
    const outcome = await run({ event: 'run_finished', hooks: [command('exec 0<&-; yes | head -c 5000000')] })
    expect(outcome).toEqual({ warnings: [] })
  })

  it('ends with the run, and refuses nothing by that', async () => {
    const signal = AbortSignal.timeout(200)
    await expect(run({ hooks: [command('sleep 100')], deps: { signal } })).rejects.toThrow(/timeout|aborted/)
  })
})

describe('a matcher', () => {
  const blocks = [command('exit 2')]
  it.each([
    ['Bash', 'Bash', true],
    ['Edit|Write', 'Write', true],
    ['Edit|Write', 'Read', false],
    ['mcp__crm__.*', 'mcp__crm__get', true],
    ['mcp__crm__*', 'mcp__crm__update_contact', true],
    ['mcp__crm__*', 'mcp__memory__search', false],
    ['*', 'Glob', true],
    ['Ba', 'Bash', false],
  ])('%s and the tool %s: %s', async (matcher, tool, fits) => {
    expect('block' in (await run({ hooks: blocks, matcher, tool }))).toBe(fits)
  })

  it('narrows events of tools only', async () => {
    expect(await run({ event: 'prompt_submission', hooks: blocks, matcher: 'Bash' })).toHaveProperty('block')
  })

  it.each(['', 'Bash|', '^Bash$', 'mcp__.*__write', 'Edit,Write', '(Edit|Write)'])(
    '%j, which would never match, is refused',
    (matcher) => {
      expect(Hooks.safeParse({ pre_tool_use: [{ matcher, hooks: [command('exit 2')] }] }).success).toBe(false)
    },
  )
})

describe('a webhook', () => {
  type Seen = { headers: IncomingMessage['headers']; body: HookPayload }
  async function server(answer: (attempt: number, response: ServerResponse) => void) {
    const seen: Seen[] = []
    const http = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        seen.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as HookPayload })
        answer(seen.length, response)
      })
    })
    await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
    onTestFinished(() => void http.close())
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/hook`
    return { seen, url }
  }

  it('is asked again with the same id until it answers, and its answer counts', async () => {
    const { seen, url } = await server((attempt, response) => {
      response.statusCode = attempt < 3 ? 503 : 200
      response.end(attempt < 3 ? 'busy' : '{"decision":"block","reason":"frozen"}')
    })
    expect(await run({ hooks: [{ type: 'webhook', url }] })).toEqual({ block: 'frozen', warnings: [] })
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(Array(3).fill('run-1:turn:3:tool:a'))
    expect(seen[2]?.body).toMatchObject({ event: 'pre_tool_use', tool: 'Bash' })
  })

  it('that refuses is not asked again', async () => {
    const { seen, url } = await server((_, response) => {
      response.statusCode = 403
      response.end()
    })
    const outcome = await run({ event: 'run_finished', hooks: [{ type: 'webhook', url }] })
    expect(outcome.warnings).toEqual([expect.stringContaining('it answered 403')])
    expect(seen).toHaveLength(1)
  })

  it('that hangs, or is not there, blocks after its attempts', async () => {
    const { seen, url } = await server(() => {})
    const hanging = await run({ hooks: [{ type: 'webhook', url, timeout: 1, retries: 1 }] })
    expect(hanging.block).toMatch(/failed: it took more than 1 s \(2 attempts\)$/)
    expect(seen).toHaveLength(2)
    const gone = await run({ hooks: [{ type: 'webhook', url: 'http://127.0.0.1:1/', retries: 1 }] })
    expect(gone.block).toMatch(/failed: it cannot be reached \(.+\) \(2 attempts\)$/)
  })

  it('gets the secrets its headers name from the environment, and never the key of the model server', async () => {
    const { seen, url } = await server((_, response) => void response.end())
    const headers = { authorization: `Bearer \${HOOK_TOKEN}` }
    await run({ hooks: [{ type: 'webhook', url, headers }], deps: { env: { HOOK_TOKEN: 't0ken' } } })
    expect(seen[0]?.headers.authorization).toBe('Bearer t0ken')
    const key = { 'x-key': `\${ANTHROPIC_API_KEY}` }
    const refused = await run({
      hooks: [{ type: 'webhook', url, headers: key }],
      deps: { env: { ANTHROPIC_API_KEY: 'k' } },
    })
    expect(refused.block).toContain('is not set for hooks')
    expect(seen).toHaveLength(1)
  })

  it('leads nowhere else', async () => {
    const { url } = await server(
      (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    )
    expect((await run({ hooks: [{ type: 'webhook', url, retries: 0 }] })).block).toContain('cannot be reached')
  })
})

describe('a function of the worker', () => {
  const named = (name: string, more: object = {}) => [{ type: 'function', name, ...more }]

  it('gets the event and answers as a command does', async () => {
    const functions = { guard: async ({ tool }: HookPayload) => ({ decision: 'block' as const, reason: `no ${tool}` }) }
    expect(await run({ hooks: named('guard'), deps: { functions } })).toMatchObject({ block: 'no Bash' })
  })

  it('that the worker does not have, that throws or hangs, blocks', async () => {
    expect((await run({ hooks: named('guard') })).block).toContain('this worker has no hook function "guard"')
    const functions = {
      throws: () => {
        throw new Error('broken')
      },
      hangs: () => new Promise<undefined>(() => {}),
    }
    expect((await run({ hooks: named('throws'), deps: { functions } })).block).toMatch(/failed: broken$/)
    expect((await run({ hooks: named('hangs', { timeout: 1 }), deps: { functions } })).block).toMatch(/more than 1 s$/)
  })
})

it('nothing listens, nothing happens', async () => {
  const payload: HookPayload = { event: 'run_finished', id: '1', run: 'r', workflow: 'parallel', at: '' }
  const deps = { functions: {}, env: {}, signal: new AbortController().signal }
  expect(await runHooks(undefined, payload, deps)).toEqual({ warnings: [] })
})
