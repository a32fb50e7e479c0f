// A real repository in a temporary directory, with real git and nobody's settings but its own.
import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** `git`: its output without the last newline. */
export type TestRepository = {
  top: string
  outside: string
  git(...args: string[]): string
  write(name: string, text: string | Uint8Array): void
  commit(message?: string): string
  remove(): Promise<void>
}

export const DATED = { date: '2026-01-02T03:04:05.678Z', identity: { name: 'Ada', email: 'ada@example.com' } }

/** With `files` committed on `main`. `outside`: a directory beside it. */
export async function openTestRepository(files: Record<string, string> = { 'a.txt': 'a\n' }): Promise<TestRepository> {
  const outside = realpathSync(await mkdtemp(join(tmpdir(), 'ensemble-repository-')))
  const top = join(outside, 'repo')
  mkdirSync(top)
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: top,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: outside, GIT_CONFIG_NOSYSTEM: '1' },
    }).replace(/\n$/, '')
  const write = (name: string, text: string | Uint8Array) => {
    mkdirSync(dirname(join(top, name)), { recursive: true })
    writeFileSync(join(top, name), text)
  }
  const commit = (message = 'a state') => {
    git('add', '--all')
    git('commit', '--quiet', '--allow-empty', '-m', message)
    return git('rev-parse', 'HEAD')
  }
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'user.name', 'Ada')
  git('config', 'user.email', 'ada@example.com')
  for (const [name, text] of Object.entries(files)) write(name, text)
  commit()
  return { top, outside, git, write, commit, remove: () => rm(outside, { recursive: true, force: true }) }
}
