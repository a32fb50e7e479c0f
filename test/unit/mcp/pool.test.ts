// Servers of tools, good and bad, each a real process or a real HTTP server.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { McpServer } from '../../../src/contracts/schemas/index.js'
import type { McpConnection } from '../../../src/mcp/connection.js'
import type { McpFailure } from '../../../src/mcp/failure.js'
import { type McpPool, openMcpPool } from '../../../src/mcp/pool.js'
import { toolOf } from '../../../src/mcp/server-tool.js'
import type { Tool, ToolOutput } from '../../../src/tools/tool.js'
import { freePort } from '../../support/ports.js'
import { until } from '../../support/until.js'

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'ensemble-mcp-')))
const EVIL = join(import.meta.dirname, '../../support/evil-mcp-server.mjs')
const pools: McpPool[] = []
const children: ChildProcess[] = []
let files = 0

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
  for (const child of children.splice(0)) child.kill()
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const newFile = () => join(directory, `file-${++files}`)
const registry = (name: string) => join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'dist')
const filesystem = () => ({
  command: process.execPath,
  args: [join(registry('@modelcontextprotocol/server-filesystem'), 'index.js'), directory],
})
const memory = (file: string) => ({
  command: process.execPath,
  args: [join(registry('@modelcontextprotocol/server-memory'), 'index.js')],
  env: { MEMORY_FILE_PATH: file },
})
const evil = (...args: string[]) => ({ command: process.execPath, args: [EVIL, ...args] })

function pool(env: Record<string, string> = {}): McpPool {
  const opened = openMcpPool({ env: { PATH: process.env.PATH, ...env }, cwd: directory })
  pools.push(opened)
  return opened
}

async function toolsOf(server: object, from = pool()): Promise<Record<string, Tool>> {
  const tools = await from.tools('one', McpServer.parse(server))
  return Object.fromEntries(tools.map((tool) => [tool.name.replace('mcp__one__', ''), tool]))
}

async function run(tool: Tool | undefined, input: unknown = {}, signal = new AbortController().signal) {
  if (!tool) throw new Error('no such tool')
  return tool.run({ input, signal, key: 'key-1' }).then(said, (error: Error) => {
    if (error.name !== 'OutcomeUnknown') throw error
    return { text: error.message, isError: true, unknown: true as const }
  })
}

function said(output: ToolOutput): { text: string; isError?: boolean; unknown?: true } {
  if (typeof output === 'string') return { text: output }
  const { content, ...rest } = output
  return { text: content.map(({ text }) => text).join('\n'), ...rest }
}

const refused = async (promise: Promise<unknown>): Promise<McpFailure> =>
  promise.then(
    () => Promise.reject(new Error('it worked')),
    (error: McpFailure) => error,
  )

describe('servers of the registry', () => {
  it('over standard streams: several at once, their tools prefixed, what they refuse told to the model', async () => {
    const shared = pool()
    const graph = newFile()
    const [onDisk, inMemory] = await Promise.all([toolsOf(filesystem(), shared), toolsOf(memory(graph), shared)])
    expect((await run(onDisk.write_file, { path: join(directory, 'hello'), content: 'hi' })).isError).toBeUndefined()
    expect(readFileSync(join(directory, 'hello'), 'utf8')).toBe('hi')
    expect(await run(onDisk.read_text_file, { path: '/etc/passwd' })).toMatchObject({
      isError: true,
      text: expect.stringContaining('outside allowed'),
    })
    const entities = [{ name: 'Acme', entityType: 'account', observations: ['pays late'] }]
    await run(inMemory.create_entities, { entities })
    expect((await run(inMemory.search_nodes, { query: 'Acme' })).text).toContain('pays late')
    expect(readFileSync(graph, 'utf8')).toContain('Acme')
  })

  it('over HTTP and SSE: images and links become what a model can be shown', async () => {
    for (const [type, mode, path] of [
      ['http', 'streamableHttp', 'mcp'],
      ['sse', 'sse', 'sse'],
    ]) {
      const port = await everything(mode ?? '')
      const tools = await toolsOf({ type, url: `http://127.0.0.1:${port}/${path}` })
      expect((await run(tools.echo, { message: 'hello' })).text).toContain('hello')
      const image = await tools['get-tiny-image']?.run({ input: {}, signal: new AbortController().signal, key: 'k' })
      expect(image).toMatchObject({ content: expect.arrayContaining([expect.objectContaining({ type: 'image' })]) })
    }
  })

  it('arguments are held against the JSON Schema of the server', async () => {
    const { write_file } = await toolsOf(filesystem())
    expect(write_file?.schema.safeParse({ path: 'x', content: 'y' }).success).toBe(true)
    expect(write_file?.schema.safeParse({ path: 'x' }).error?.issues[0]?.message).toContain('content')
    expect(write_file?.jsonSchema).toMatchObject({ required: ['path', 'content'] })
  })

  it('are believed what their tools do only where the configuration says so', async () => {
    const doubted = await toolsOf(filesystem())
    expect(doubted.read_text_file).toMatchObject({ permission: 'other', effect: 'unsafe' })
    const trusted = await toolsOf({ ...filesystem(), trustAnnotations: true })
    expect(trusted.read_text_file).toMatchObject({ permission: 'read', effect: 'read' })
    const declared = await toolsOf({ ...filesystem(), tools: { write_file: { effect: 'idempotent' } } })
    expect(declared.write_file).toMatchObject({ permission: 'other', effect: 'idempotent' })
  })
})

describe('a server', () => {
  it('gets what is named for it of the environment, and not the rest', async () => {
    const file = newFile()
    const script = `require('fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.env))`
    const server = { command: process.execPath, args: ['-e', script], env: { TOKEN: 'Bearer ${' + 'SECRET}' } }
    await refused(toolsOf(server, pool({ SECRET: 'sesame-street', OTHER: 'not yours' })))
    const env = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    expect(env.TOKEN).toBe('Bearer sesame-street')
    expect(env.OTHER).toBeUndefined()
    expect(env.SECRET).toBeUndefined()
  })

  it('whose secret is not set is refused by name, and the key of the model is never given', async () => {
    const reference = (name: string) => ({ ...evil(), env: { A: `\${${name}}` } })
    expect(await refused(toolsOf(reference('NOT_THERE')))).toMatchObject({
      kind: 'secret',
      message: 'MCP server one: ${' + "NOT_THERE} is not set in the worker's environment",
    })
    const own = pool({ ANTHROPIC_API_KEY: 'sk-ant-1' })
    expect(await refused(toolsOf(reference('ANTHROPIC_API_KEY'), own))).toMatchObject({ kind: 'secret' })
    expect((await toolsOf(reference('NOT_THERE:-otherwise'))).add).toBeDefined()
  })

  it('that repeats a secret in its errors does not get it shown', async () => {
    const server = { ...evil('dies in a call'), env: { SECRET: '${' + 'TOKEN}' } }
    const { write } = await toolsOf(server, pool({ TOKEN: 'open-sesame' }))
    const { text } = await run(write)
    expect(text).toContain('the key is ***')
    expect(text).not.toContain('open-sesame')
  })

  it('is one process for all who configure it alike', async () => {
    const shared = pool()
    const first = await shared.tools('one', McpServer.parse(evil()))
    expect(await shared.tools('one', McpServer.parse(evil()))).toBe(first)
    const names = (await shared.tools('other', McpServer.parse(evil()))).map(({ name }) => name)
    expect(names).toEqual(['mcp__other__add', 'mcp__other__write'])
  })

  it('gets the idempotency key in the argument that is configured for it, which the model does not see', async () => {
    const server = { ...evil(), tools: { write: { keyArgument: 'idempotency_key' } } }
    const { write } = await toolsOf(server)
    expect(write?.effect).toBe('idempotent')
    expect((await run(write, { a: 1 })).text).toBe('written with {"a":1,"idempotency_key":"key-1"}')
  })
})

describe('a bad server', () => {
  it('whose pattern takes for ever on some text is not waited for', () => {
    const inputSchema = { type: 'object' as const, properties: { a: { type: 'string', pattern: '^(a+)+$' } } }
    const { schema } = toolOf('one', McpServer.parse(evil()), { name: 'slow', inputSchema }, {} as McpConnection)
    const long = schema.safeParse({ a: `${'a'.repeat(60)}!` })
    expect(long.error?.issues[0]?.message).toContain('takes too long')
    expect(schema.safeParse({ a: 'b' }).error?.issues[0]?.message).toContain('pattern')
    expect(schema.safeParse({ a: 'aa' }).success).toBe(true)
  })

  it.each([
    ['is missing', { command: '/no/such/program' }, 'missing', 'cannot be started'],
    ['dies at once', evil('dies at once'), 'died', 'ended with code 3'],
    ['babbles', evil('babbles'), 'nonsense', 'no MCP message'],
    ['has two tools of one name', evil('has clashing names'), 'clash', 'two tools called mcp__one__a_b'],
    ['is nowhere', { type: 'http', url: 'http://127.0.0.1:9/mcp' }, 'missing', 'MCP server one'],
  ])('that %s is named with the reason', async (_, server, kind, reason) => {
    const failure = await refused(toolsOf(server))
    expect(failure).toMatchObject({ name: 'McpFailure', kind })
    expect(failure.message).toContain('MCP server one')
    expect(failure.message).toContain(reason)
  })

  it('that dies in a call is started again: a read is repeated, an unsafe call is of unknown outcome', async () => {
    const reading = await toolsOf({ ...evil('dies in a call', newFile()), trustAnnotations: true })
    expect(await run(reading.add)).toEqual({ text: 'aa' })
    const died = newFile()
    const { write } = await toolsOf(evil('dies in a call', died))
    expect(await run(write)).toMatchObject({ isError: true, unknown: true, text: expect.stringContaining('code 7') })
    expect(existsSync(died)).toBe(true)
    expect(await run(write)).toEqual({ text: 'written with {}' })
  })

  it('that keeps dying is left alone for a while', async () => {
    const { write } = await toolsOf(evil('dies in a call'))
    const left = await until('a call that is refused', async () => {
      const { text, unknown } = await run(write)
      return /it is started again in \d+ s/.test(text) && { unknown }
    })
    expect(left.unknown).toBeUndefined()
  })

  it('that hangs is given up after its time, and replaced', async () => {
    const slow = newFile()
    const { write } = await toolsOf({ ...evil('hangs'), timeoutSeconds: 1 })
    expect(await run(write)).toMatchObject({ isError: true, unknown: true, text: expect.stringContaining('in time') })
    const once = await toolsOf({ ...evil('is slow once', slow), timeoutSeconds: 1 })
    expect(await run(once.write)).toMatchObject({ isError: true, unknown: true })
    expect(await run(once.write)).toEqual({ text: 'written with {}' })
  })

  it('that floods is stopped', async () => {
    for (const vice of ['floods', 'floods with messages']) {
      const { write } = await toolsOf(evil(vice))
      expect(await run(write)).toMatchObject({ isError: true, unknown: true, text: expect.stringMatching(/bytes/) })
    }
    const { add } = await toolsOf(evil())
    const { text } = await run(add, { length: 2_000_000 })
    expect(text).toContain('characters more]')
  })

  it('that answers nonsense or an error is told to the model as that', async () => {
    const nonsense = await toolsOf(evil('answers nonsense'))
    expect(await run(nonsense.write)).toMatchObject({ isError: true, text: expect.stringContaining('no valid result') })
    const error = await toolsOf(evil('answers an error'))
    const { text, unknown } = await run(error.write)
    expect(text).toContain('the disk is full')
    expect(unknown).toBeUndefined()
  })

  it('that changes a tool is seen to have changed it', async () => {
    const shared = pool()
    const before = await toolsOf(evil('changes a tool'), shared)
    await run(before.add)
    const after = await until('the list to be asked for again', async () => {
      const tools = await toolsOf(evil('changes a tool'), shared)
      return tools.add?.description !== before.add?.description && tools
    })
    expect(after.add?.description).toContain('secrets')
  })

  it('that does not end is ended, with all it started', async () => {
    const file = newFile()
    const own = pool()
    await toolsOf(evil('leaves a child', file), own)
    const pid = Number(readFileSync(file, 'utf8'))
    expect(runs(pid)).toBe(true)
    await own.close()
    await until('its child to be gone', async () => !runs(pid))
  })

  it('that dies is noticed, and its end not waited for, although a daemon of it holds its pipes', async () => {
    const file = newFile()
    const own = pool()
    const { write } = await toolsOf(evil('leaves a daemon', file), own)
    const pid = Number(readFileSync(file, 'utf8'))
    try {
      expect(await run(write)).toMatchObject({ unknown: true, text: expect.stringContaining('code 7') })
      await own.close()
      expect(runs(pid)).toBe(true)
    } finally {
      process.kill(pid)
    }
  })

  it('is not waited for by somebody who is told to stop', async () => {
    const { write } = await toolsOf(evil('hangs'))
    const stopping = new AbortController()
    const call = run(write, {}, stopping.signal)
    stopping.abort(new Error('a person stopped it'))
    await expect(call).rejects.toThrow('a person stopped it')
  })
})

/** @returns its port, once it listens. */
async function everything(mode: string): Promise<number> {
  const port = await freePort()
  const main = join(registry('@modelcontextprotocol/server-everything'), 'index.js')
  const env = { PATH: process.env.PATH, PORT: String(port) }
  const child = spawn(process.execPath, [main, mode], { env, stdio: 'ignore' })
  children.push(child)
  await until('the server to listen', () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    ),
  )
  return port
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false // there is no such process
  }
}
