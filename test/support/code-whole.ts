// What must hold of a repository after a coding run of the team, whatever was broken meanwhile.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Repository } from './code.js'
import { TEAM, TEAM_FILES } from './code-team.js'

const SUBJECTS = TEAM.map((id, index) => `[${id}] Part ${index + 1}`)

/** How many commits the branch has since; it never has a part of them. */
export function commitsSince({ git }: Repository, before: string): number {
  return Number(git('rev-list', '--count', `${before}..main`))
}

/** Every agent's commit once, in order, and the files of whoever has the branch checked out with it. */
export function expectCommitted(repo: Repository, before: string): void {
  expect(repo.git('log', '--reverse', '--format=%s', `${before}..main`).split('\n')).toEqual(SUBJECTS)
  expect(repo.git('rev-parse', 'main~8')).toBe(before)
  for (const [path, text] of Object.entries(TEAM_FILES))
    expect(readFileSync(join(repo.directory, path), 'utf8')).toBe(text)
  expectTidy(repo)
}

/** The work tree is the branch's; nothing of a run is left in it, in git or beside it. */
export function expectTidy(repo: Repository, { refs = false } = {}): void {
  expect(repo.git('status', '--porcelain', '--ignored')).toBe('')
  expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
  if (!refs) expect(repo.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main')
  expect(repo.git('fsck', '--full', '--strict', '--no-dangling')).toBe('')
  const left = readdirSync(join(repo.directory, '.git'), { recursive: true, encoding: 'utf8' })
  expect(left.filter((name) => /\.lock|ensemble-move|worktrees\//.test(name))).toEqual([])
}

/** Working trees, and what becomes one, that a worker's home still has. */
export function treesIn(home: string): string[] {
  const roots = join(home, 'store', 'roots')
  if (!existsSync(roots)) return []
  const all = readdirSync(roots, { recursive: true, encoding: 'utf8' })
  return all.filter((name) => /\/places\/code\/[^/]+$/.test(name))
}
