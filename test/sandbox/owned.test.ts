// Commands of an agent that owns files, in the real sandbox and in a linked work tree, as coding runs have them.
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { performWatched } from '../../src/activities/agent/tool/perform-watched.js'
import { fileLocks } from '../../src/storage/file-lock.js'
import type { Tool, ToolOutput } from '../../src/tools/tool.js'
import { until } from '../support/until.js'
import { room } from '../unit/tools/room.js'

const allowOldBubblewrap = process.env.ENSEMBLE_ALLOW_OLD_BUBBLEWRAP === '1'

async function open() {
  const here = await room({ allowOldBubblewrap, env: { PATH: '/usr/local/bin:/usr/bin:/bin' } })
  const { cwd, top } = here
  const repository = join(top, 'repository')
  await mkdir(repository)
  const git = (at: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      cwd: at,
      encoding: 'utf8',
    })
  await writeFile(join(repository, 'x.ts'), 'as it was')
  git(repository, 'init', '-q')
  git(repository, 'add', '--all')
  git(repository, 'commit', '-qm', 'first')
  await rm(cwd, { recursive: true })
  git(repository, 'worktree', 'add', '-q', '--detach', cwd)
  const watching = { workspace: cwd, owns: [join(cwd, 'mine.ts')], place: join(top, 'place'), locked: fileLocks() }
  const bash = here.tools.find(({ name }) => name === 'Bash') as Tool
  const run = async (command: string, more: { timeout?: number; stop?: AbortSignal } = {}): Promise<ToolOutput> => {
    const { timeout = 30_000, stop = new AbortController().signal } = more
    const performance = {
      tool: bash,
      input: { command, timeout },
      context: { cwd, key: 'k' },
      stop: { signal: stop },
      seconds: 60,
    }
    const performed = await performWatched(performance, bash, watching)
    if (!('output' in performed) || performed.output === undefined) throw new Error(JSON.stringify(performed))
    return performed.output
  }
  const state = async () => [await readFile(join(cwd, 'x.ts'), 'utf8'), git(cwd, 'status', '--porcelain')]
  return { ...here, run, state }
}
const NOTE = (names: string) => `(put back, because they are not yours: ${names})`

it('what is not its own is put back, in whatever way it was done', async () => {
  const { run, state } = await open()
  expect(await run('echo mine > mine.ts; cat x.ts')).toBe('as it was')
  expect(JSON.stringify(await run('sed -i s/was/is/ x.ts; echo > new.ts; mkdir d; echo > d/e'))).toContain(
    NOTE('d/e, new.ts, x.ts'),
  )
  expect(JSON.stringify(await run('rm x.ts; git status --short'))).toContain(NOTE('x.ts'))
  expect(await state()).toEqual(['as it was', '?? mine.ts\n'])
})

it('of a command whose time is over, too, and of one a person stops', async () => {
  const { run, state, cwd } = await open()
  const late = JSON.stringify(await run('echo late > x.ts; sleep 100', { timeout: 1000 }))
  expect(late).toContain('its time was over')
  expect(late).toContain(NOTE('x.ts'))
  const stop = new AbortController()
  const running = run('echo stopped > x.ts; echo y > mine.ts; sleep 100', { stop: stop.signal })
  await until('the command', () => readFile(join(cwd, 'mine.ts'), 'utf8').then(Boolean, () => false))
  stop.abort()
  expect(JSON.stringify(await running)).toContain(NOTE('x.ts'))
  expect(await state()).toEqual(['as it was', '?? mine.ts\n'])
})
