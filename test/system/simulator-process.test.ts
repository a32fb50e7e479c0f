// The simulator as the process others start: its one line, its end, and what it says to bad arguments.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'

const main = new URL('../../dist/simulator/main.js', import.meta.url).pathname
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function start(args: string[], ipc = false) {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc' as const] : [])],
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
  const child = start(['--latency', 'none'], true)
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
  ['an unknown flag', ['--prot', '1'], "Unknown option '--prot'"],
  ['a port that is none', ['--port', 'x'], '--port: wanted a whole number from 0 to 65535, got "x"'],
  ['an unknown latency', ['--latency', 'slow'], '--latency: wanted none or real, got "slow"'],
  ['a file that is not there', ['--rules', '/nowhere.json'], '--rules /nowhere.json: ENOENT'],
])('%s: one line, exit 2', async (_, args, message) => {
  const child = start(args)
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')])
  expect(code).toBe(2)
  expect(said).toContain(message)
  expect(said.trim().split('\n')).toHaveLength(1)
})
