// A process that is killed with SIGKILL while it makes a work tree, moves a branch or takes commits back: whoever comes
// next finishes it. At every point the branch is before or after, and in the end the files and the index are where the
// branch is, with what was somebody's own untouched. Some points of each here, all of them in a soak.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { mulberry32 } from '../../../src/simulator/seeded-random.js'
import { DATED, openTestRepository, type TestRepository } from '../../support/repository.js'

const POINTS = process.env.ENSEMBLE_SOAK ? Number.POSITIVE_INFINITY : 6
const SEED = Number(process.env.ENSEMBLE_TEST_SEED ?? Date.now() % 1_000_000)
const support = (name: string) => new URL(`../../support/${name}`, import.meta.url).pathname
const BRANCH = 'refs/heads/main'

let repo: TestRepository
afterEach(() => repo?.remove())

/** @returns whether it was killed, and else how many steps it took */
function run(name: string, at: object, killAt?: number): { killed: boolean; steps: number } {
  const { signal, status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', support('kill-at.mjs'), support('git-program.mjs'), name, JSON.stringify(at)],
    {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: repo.outside, ...(killAt && { ENSEMBLE_TEST_KILL_AT: String(killAt) }) },
    },
  )
  if (signal === null && status !== 0) throw new Error(stderr)
  return { killed: signal === 'SIGKILL', steps: Number(stdout.trim().split('\n').at(-1)) }
}

/**
 * Kills it at some of its steps, or at all: mostly once, sometimes the one who repeats it too. `reset` puts all back,
 * `check` looks after a kill, `done` after the repeat that lived.
 */
function sweep(name: string, at: object, { reset, check, done }: Record<'reset' | 'check' | 'done', () => void>): void {
  const random = mulberry32(SEED)
  reset()
  const { steps } = run(name, at)
  done()
  const all = Array.from({ length: steps }, (_, point) => point + 1)
  const points = POINTS >= steps ? all : Array.from({ length: POINTS }, () => 1 + Math.floor(random() * steps))
  let kills = 0
  for (const point of points) {
    reset()
    for (let next = point; next > 0; next = random() < 0.3 ? 1 + Math.floor(random() * steps) : 0) {
      if (run(name, at, next).killed) kills++
      check()
    }
    run(name, at)
    try {
      done()
    } catch (error) {
      throw new Error(`${name}, killed at step ${point} of ${steps}, seed ${SEED}`, { cause: error })
    }
  }
  expect(kills).toBeGreaterThanOrEqual(points.length)
}

const FILES = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`src/${at}.ts`, `${at}\n`]))
const read = (name: string) => readFileSync(join(repo.top, name), 'utf8')
const leftOvers = () => readdirSync(join(repo.top, '.git')).filter((name) => /lock|ensemble-move/.test(name))

async function twoStates(): Promise<{ from: string; to: string; reset: () => void }> {
  repo = await openTestRepository({ ...FILES, mine: 'm\n', thing: 't\n', 'gone/deep/x': 'x\n' })
  const from = repo.git('rev-parse', 'HEAD')
  for (const name of Object.keys(FILES)) repo.write(name, `new ${name}\n`)
  repo.write('new/line\nbreak', 'n\n')
  for (const name of ['gone', 'thing']) rmSync(join(repo.top, name), { recursive: true })
  repo.write('thing/inside', 'i\n')
  const to = repo.commit('to\n\nEnsemble-Run: r')
  const reset = () => {
    expect(leftOvers()).toEqual([])
    repo.git('reset', '--quiet', '--hard', from)
    repo.git('clean', '--quiet', '-dffx')
    repo.write('mine', 'changed\n')
    repo.write('own', 'untracked\n')
  }
  return { from, to, reset }
}

function expectOwnAlone(): void {
  expect(repo.git('status', '--porcelain')).toBe(' M mine\n?? own')
  expect([read('mine'), read('own')]).toEqual(['changed\n', 'untracked\n'])
  expect(leftOvers()).toEqual([])
}

it('a disk that takes no more leaves all as it was, says so in a line, and what was begun goes well once there is room', async () => {
  const { from, to, reset } = await twoStates()
  repo.write('src/0.ts', 'x'.repeat(1 << 20))
  const big = repo.commit()
  const path = join(repo.outside, 'trees/one')
  const moving = { repository: repo.top, branch: BRANCH, from, to: big }
  const adding = { repository: repo.top, path, commit: big }
  expect(repo.git('rev-parse', `${big}^`)).toBe(to)
  reset()
  // No file git writes may grow beyond this, and being told so kills nobody: it fails as on a full disk.
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const limited = `#!/bin/sh\ntrap '' XFSZ\nulimit -f 64\nexec ${real} "$@"\n`
  mkdirSync(join(repo.outside, 'bin'))
  writeFileSync(join(repo.outside, 'bin/git'), limited, { mode: 0o755 })
  const env = { ...process.env, PATH: `${join(repo.outside, 'bin')}${delimiter}${process.env.PATH}` }
  for (const [name, at] of Object.entries({ moveBranch: moving, addWorktree: adding })) {
    const args = [support('git-program.mjs'), name, JSON.stringify(at)]
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
    expect(status).toBe(1)
    expect(stderr).toMatch(/RepositoryError: .*(File too large|unable to write|too big|cannot)/)
    expect(repo.git('rev-parse', 'main')).toBe(from)
    expectOwnAlone()
    expect(existsSync(join(repo.outside, 'trees')) ? readdirSync(join(repo.outside, 'trees')) : []).toEqual([])
  }
  expect(run('moveBranch', moving).killed).toBe(false)
  expect(repo.git('rev-parse', 'main')).toBe(big)
  expectOwnAlone()
  expect(run('addWorktree', adding).killed).toBe(false)
  expect(readFileSync(join(path, 'src/0.ts'))).toHaveLength(1 << 20)
})

it(`a branch that moves is before or after at every kill, and a repeat ends after (seed ${SEED})`, async () => {
  const { from, to, reset } = await twoStates()
  let after = 0
  sweep(
    'moveBranch',
    { repository: repo.top, branch: BRANCH, from, to },
    {
      reset,
      check() {
        const tip = repo.git('rev-parse', 'main')
        expect([from, to]).toContain(tip)
        if (tip === to) after++
        expect([read('mine'), read('own')]).toEqual(['changed\n', 'untracked\n'])
      },
      done() {
        expect(repo.git('rev-parse', 'main')).toBe(to)
        expectOwnAlone()
        expect(read('new/line\nbreak')).toBe('n\n')
        expect(existsSync(join(repo.top, 'gone'))).toBe(false)
      },
    },
  )
  if (POINTS > 100) expect(after).toBeGreaterThan(10)
})

it(`commits that are taken back are there or not at every kill, and gone after a repeat (seed ${SEED})`, async () => {
  const { from, to, reset } = await twoStates()
  sweep(
    'undoCommits',
    { repository: repo.top, branch: BRANCH, commits: [to], run: 'r', ...DATED },
    {
      reset() {
        reset()
        repo.git('checkout', '--quiet', '--', 'mine')
        repo.git('merge', '--quiet', '--ff-only', to)
        repo.write('mine', 'changed\n')
      },
      check() {
        expect(repo.git('rev-list', '--count', `${to}..main`)).toMatch(/^[01]$/)
      },
      done() {
        expect(repo.git('rev-parse', 'main^{tree}')).toBe(repo.git('rev-parse', `${from}^{tree}`))
        expect(repo.git('rev-list', '--count', `${to}..main`)).toBe('1')
        expectOwnAlone()
      },
    },
  )
})

it(`a work tree is whole after a repeat, and after its removal nothing is left (seed ${SEED})`, async () => {
  repo = await openTestRepository({ ...FILES, '.gitignore': 'node_modules\n' })
  repo.write('node_modules/x', 'x')
  const commit = repo.git('rev-parse', 'HEAD')
  const trees = join(repo.outside, 'trees')
  const path = join(trees, 'one')
  const at = { repository: repo.top, path, commit }
  const nothing = () => {
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
    expect(existsSync(trees) ? readdirSync(trees) : []).toEqual([])
  }
  const whole = () => {
    expect(repo.git('-C', path, 'status', '--porcelain')).toBe('')
    expect(repo.git('-C', path, 'rev-parse', 'HEAD')).toBe(commit)
    expect(readFileSync(join(path, 'node_modules/x'), 'utf8')).toBe('x')
  }
  const check = () => {
    if (existsSync(path)) whole()
  }
  sweep('addWorktree', at, { reset: () => void run('removeWorktree', at), check, done: whole })
  sweep('removeWorktree', at, { reset: () => void run('addWorktree', at), check: () => undefined, done: nothing })
})
