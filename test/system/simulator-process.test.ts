// The simulator as the process others start: its one line, its end, and what it says to bad arguments.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, expect, it } from 'vitest'
import { CODE_TASKS, programs } from '../support/code.js'

const main = new URL('../../dist/simulator/main.js', import.meta.url).pathname
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function start(args: string[], { ipc = false, env }: { ipc?: boolean; env?: Record<string, string> } = {}) {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc' as const] : [])],
    env: { ...process.env, ...env },
  })
  children.push(child)
  return child
}

async function urlOf(child: ChildProcess): Promise<string> {
  const [line] = await once(child.stdout!, 'data')
  return JSON.parse(String(line)).url
}

it('prints its address on one line, listens on loopback only and ends on SIGTERM', async () => {
  const child = start(['--latency', 'none'])
  const url = await urlOf(child)
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect((await fetch(`${url}/_simulator/journal`)).status).toBe(200)
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
})

it('ends when the parent that started it with a channel goes away', async () => {
  const child = start(['--latency', 'none'], { ipc: true })
  await urlOf(child)
  const exit = once(child, 'exit')
  child.disconnect()
  expect(await exit).toEqual([0, null])
})

it('reads rules from a file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'simulator-'))
  const file = join(directory, 'rules.json')
  await writeFile(file, JSON.stringify([{ fault: { kind: '529' } }]))
  const child = start(['--rules', file])
  const rules = await fetch(`${await urlOf(child)}/_simulator/rules`)
  expect(await rules.json()).toEqual([{ match: {}, fault: { kind: '529' } }])
  await rm(directory, { recursive: true })
})

it.each([
  ['an argument', ['--programs', programs], {}],
  ['the environment', [], { ENSEMBLE_SIMULATOR_PROGRAMS: programs }],
])('finds the programs of its programmers by %s', async (_, args, env) => {
  const client = new Anthropic({ baseURL: await urlOf(start(['--latency', 'none', ...args], { env })), apiKey: 'any' })
  const asked = `<request>\n${CODE_TASKS.chat}\n</request>\n\n<repository>\nREADME.md\n</repository>`
  const message = await client.messages.create({
    ...{ model: 'claude-sonnet-5-5', max_tokens: 4000, messages: [{ role: 'user', content: asked }] },
    output_config: { format: { type: 'json_schema', schema: { type: 'object', properties: { stages: {} } } } },
  })
  expect(JSON.stringify(message.content)).toContain('chat/rooms.js')
})

it.each([
  ['an unknown flag', ['--prot', '1'], "Unknown option '--prot'"],
  ['a port that is none', ['--port', 'x'], '--port: wanted a whole number from 0 to 65535, got "x"'],
  ['an unknown latency', ['--latency', 'slow'], '--latency: wanted none or real, got "slow"'],
  ['a file that is not there', ['--rules', '/nowhere.json'], '--rules /nowhere.json: ENOENT'],
  ['programs that are not there', ['--programs', '/nowhere'], 'programs: there is no directory /nowhere'],
])('%s: one line, exit 2', async (_, args, message) => {
  const child = start(args)
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')])
  expect(code).toBe(2)
  expect(said).toContain(message)
  expect(said.trim().split('\n')).toHaveLength(1)
})
