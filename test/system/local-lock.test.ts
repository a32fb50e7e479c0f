// The lock of a data directory, with processes that hold it, are killed holding it, and race for what the dead left.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'

const LOCK = new URL('../../dist/local/keeper/lock.js', import.meta.url).href
/** For each line it is sent: tries, or releases, and prints what came of it. */
const PROGRAM = `
  import { tryLock } from '${LOCK}'
  import { createInterface } from 'node:readline'
  let lock
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'release') lock.release()
    else lock = tryLock(process.argv[1], 'lock')
    console.log(lock ? 'held' : 'refused')
  }`

let directory: string
let children: ChildProcess[]

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ensemble-lock-'))
  children = []
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function contender() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    async tell(word: 'try' | 'release'): Promise<string> {
      child.stdin.write(`${word}\n`)
      return (await lines.next()).value
    },
    async kill() {
      child.kill('SIGKILL')
      await new Promise((done) => child.once('exit', done))
    },
  }
}

const numbers = () => readdirSync(directory)

it('has one holder, and is free again when that one lets go', async () => {
  const [one, other] = [contender(), contender()]
  expect(await one.tell('try')).toBe('held')
  expect(await other.tell('try')).toBe('refused')
  await one.tell('release')
  expect(await other.tell('try')).toBe('held')
  expect(await one.tell('try')).toBe('refused')
})

it('of a holder that was killed goes to exactly one of many that want it, again and again', async () => {
  for (let round = 0; round < 5; round++) {
    const dead = contender()
    expect(await dead.tell('try')).toBe('held')
    await dead.kill()
    const many = [contender(), contender(), contender(), contender()]
    const results = await Promise.all(many.map((each) => each.tell('try')))
    expect(results.filter((result) => result === 'held')).toHaveLength(1)
    await Promise.all(many.map((each) => each.kill()))
  }
  expect(numbers()).toHaveLength(1)
})

it('of a dead holder is free though another process has its id by now', async () => {
  const alive = contender()
  expect(await alive.tell('try')).toBe('held')
  const [file] = numbers()
  const { pid } = alive.child
  const identity = JSON.parse(readFileSync(join(directory, file!), 'utf8'))
  writeFileSync(join(directory, file!), JSON.stringify({ holder: { ...identity.holder, pid, started: '1' } }))
  expect(await contender().tell('try')).toBe('held')
})

it('of a holder in another container counts as long as it is touched', async () => {
  const holder = { pid: 1, started: '1', boot: 'another', space: 'another' }
  writeFileSync(join(directory, 'lock.1'), JSON.stringify({ holder }))
  expect(await contender().tell('try')).toBe('refused')
  utimesSync(join(directory, 'lock.1'), new Date(0), new Date(0))
  expect(await contender().tell('try')).toBe('held')
})

it('a lock file that was cut when the power failed counts as let go', async () => {
  writeFileSync(join(directory, 'lock.1'), '')
  expect(await contender().tell('try')).toBe('held')
})
