// A linked work tree in the sandbox: its repository lies where the sandbox hides things, and may be read, with the
// dependencies that are linked from it; nothing else there may, and nothing be written.
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runTests, sandboxProblem } from '../../src/activities/code/tests/run-tests.js'
import { errorOf, room } from '../unit/tools/room.js'

const allowOldBubblewrap = process.env.ENSEMBLE_ALLOW_OLD_BUBBLEWRAP === '1'
const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: process.env.HOME, SOME_TOKEN: 'canary' }
const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd, encoding: 'utf8' })

/** A repository and a work tree of it, both in the directory of temporary files, which the sandbox hides. */
async function open() {
  const here = await room({ allowOldBubblewrap, env })
  const repository = join(here.top, 'repository')
  await mkdir(join(repository, 'node_modules/dependency'), { recursive: true })
  await mkdir(join(repository, 'packages/one/node_modules'), { recursive: true })
  await writeFile(join(repository, '.gitignore'), 'node_modules\n')
  await writeFile(join(repository, 'secret'), 'of the user')
  await writeFile(join(repository, 'packages/one/index.js'), 'of the user')
  await writeFile(join(repository, 'packages/one/node_modules/x'), 'one')
  await writeFile(join(repository, 'node_modules/dependency/index.js'), 'module.exports = 42')
  const test = `const { test } = require('node:test')\ntest('depends', () => { if (require('dependency') !== 42) throw 1 })`
  await writeFile(join(repository, 'a.test.js'), test)
  git(repository, 'init', '-q')
  git(repository, 'add', '--', '.gitignore', 'a.test.js', 'packages')
  git(repository, 'commit', '-qm', 'first')
  await rm(here.cwd, { recursive: true })
  git(repository, 'worktree', 'add', '-q', '--detach', here.cwd)
  await symlink(join(repository, 'node_modules'), join(here.cwd, 'node_modules'))
  await symlink(join(repository, 'packages/one/node_modules'), join(here.cwd, 'packages/one/node_modules'))
  const signal = new AbortController().signal
  const run = (command: string) =>
    runTests({
      ...{ cwd: here.cwd, command, signal, timeoutSeconds: 60, sandboxed: true, env },
      sandbox: { allowOldBubblewrap },
    })
  return { ...here, repository, bash: (command: string) => here.run('Bash', { command }), runTests: run }
}

it('git works in it, reading', async () => {
  const { bash, repository } = await open()
  expect(await bash('git log --format=%s && git status --short')).toBe('first')
  const config = await readFile(join(repository, '.git/config'), 'utf8')
  expect(errorOf(await bash('git config a.b c'))).toMatch(/Read-only|could not lock/)
  expect(errorOf(await bash(`echo x > ${repository}/.git/hooks/pre-commit`))).toMatch(/Read-only/)
  expect(errorOf(await bash('echo gitdir: /root > .git'))).toMatch(/Read-only/)
  expect(await readFile(join(repository, '.git/config'), 'utf8')).toBe(config)
})

it('its tests run with the dependencies of the repository', async () => {
  const here = await open()
  expect(await here.runTests('node --test')).toMatchObject({ exitCode: 0, ok: true, passed: 1, total: 1 })
  expect(await here.bash('cat packages/one/node_modules/x')).toBe('one')
  expect(errorOf(await here.bash('echo x > node_modules/dependency/index.js'))).toMatch(/Read-only/)
  expect((await here.runTests('env')).output).not.toContain('canary')
})

it('the rest of the repository stays hidden, also behind a link a command makes', async () => {
  const { bash, repository, cwd } = await open()
  expect(errorOf(await bash(`cat ${repository}/secret`))).toMatch(/No such file/)
  await bash(`rm node_modules; ln -s ${repository} node_modules; mkdir x; ln -s ${repository}/packages x/vendor`)
  expect(errorOf(await bash('cat node_modules/secret'))).toMatch(/No such file/)
  expect(errorOf(await bash('cat x/vendor/one/index.js'))).toMatch(/No such file/)
  // Who says that it is a work tree of a repository that does not know it is not believed.
  const other = join(cwd, 'other')
  await mkdir(other)
  await writeFile(join(other, '.git'), await readFile(join(cwd, '.git'), 'utf8'))
  const there = await room({ allowOldBubblewrap, env })
  expect(errorOf(await there.run('Bash', { command: 'git log' }, { cwd: other }))).toMatch(/not a git repository/)
})

it('that a sandbox can be had is known beforehand', async () => {
  expect(await sandboxProblem({ env, sandbox: { allowOldBubblewrap } })).toBeUndefined()
})
