// The small repositories coding runs work in, each as a real git repository that is the same every time, and the programs
// of the simulated programmers for them.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** To be given to a simulator as `programs`. */
export const programs = new URL('../fixtures/code', import.meta.url).pathname

/** The tasks of the table, with words of a person that their programs are for. */
export const CODE_TASKS = {
  auth: 'Implement user authentication with JWT, password hashing, and tests',
  'rest-api': 'Create a REST API with validation, error handling, and tests',
  caching: 'Add caching with Redis and in-memory fallback, tags, and tests',
  chat: 'Build WebSocket chat with rooms, typing indicators, and presence',
} as const
export type CodeTask = keyof typeof CODE_TASKS

/** Fixed, so that commits have the same ids every time. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'Fixture',
  GIT_AUTHOR_EMAIL: 'fixture@example.com',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'Fixture',
  GIT_COMMITTER_EMAIL: 'fixture@example.com',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
}

export type Repository = {
  directory: string
  git(...args: string[]): string
}

/** The repository of a task, or of these files, with one commit on `main`. It is the caller's to remove. */
export function makeRepository(content: CodeTask | Record<string, string>): Repository {
  const directory = mkdtempSync(join(tmpdir(), 'ensemble-code-'))
  if (typeof content === 'string') cpSync(join(programs, content, 'repo'), directory, { recursive: true })
  else writeFiles(directory, content)
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: directory, encoding: 'utf8', env: { PATH: process.env.PATH, ...IDENTITY } }).trim()
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '--no-gpg-sign', '-m', 'Start')
  return { directory, git }
}

function writeFiles(directory: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
}

/** What running a repository's tests says, and whether they pass. */
export function runTests(directory: string): { passed: boolean; output: string } {
  const [program, ...args] = commandOf(directory)
  const env = { PATH: process.env.PATH, HOME: directory, PYTHONDONTWRITEBYTECODE: '1' }
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: directory, encoding: 'utf8', env })
  if (error) throw error
  return { passed: status === 0, output: `${stdout}${stderr}` }
}

/** What its package.json says, without npm around it, or its Makefile. */
function commandOf(directory: string): [string, ...string[]] {
  const file = join(directory, 'package.json')
  if (!existsSync(file)) return ['make', '--silent', 'test']
  const [program = '', ...args] = JSON.parse(readFileSync(file, 'utf8')).scripts.test.split(' ')
  return [program, ...args]
}
