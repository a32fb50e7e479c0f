// A repository's tests, run for real where they may do without a sandbox; test/sandbox runs them in one.
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { runTests, sandboxProblem } from '../../../src/activities/code/tests/run-tests.js'
import { until } from '../../support/until.js'

const env = { PATH: process.env.PATH, HOME: process.env.HOME, FORCE_COLOR: '1', SOME_TOKEN: 'canary' }

async function open() {
  const cwd = await realpath(await mkdtemp(join(tmpdir(), 'ensemble-run-tests-')))
  onTestFinished(() => rm(cwd, { recursive: true, force: true }))
  const signal = new AbortController().signal
  const run = (command: string, more: object = {}) =>
    runTests({ cwd, command, signal, timeoutSeconds: 60, sandboxed: false, env, ...more })
  return { cwd, run }
}

it('says how many passed, what failed, how it exited and how long it took', async () => {
  const { cwd, run } = await open()
  const test = `const { test } = require('node:test')\ntest('adds', () => {})\ntest('breaks', () => { throw new Error('so') })`
  await writeFile(join(cwd, 'a.test.js'), test)
  const bad = await run('node --test')
  expect(bad).toMatchObject({ exitCode: 1, ok: false, passed: 1, failed: 1, total: 2, failing: ['breaks'] })
  expect(bad.output).toContain('so')
  expect(bad.seconds).toBeGreaterThan(0)
  expect(bad.ended).toBeUndefined()
  await writeFile(join(cwd, 'a.test.js'), test.replace('throw', 'void'))
  expect(await run('node --test')).toMatchObject({ exitCode: 0, ok: true, passed: 2, failed: 0, failing: [] })
})

it('sees no secret, and is asked for no colours', async () => {
  const { run } = await open()
  const { output } = await run('env; cat')
  expect(output).toMatch(/^NO_COLOR=1$/m)
  expect(output).toMatch(/^CI=1$/m)
  expect(output).not.toMatch(/canary|FORCE_COLOR/)
})

it('ends with its time, with the run, and is not well then, whatever it said', async () => {
  const { cwd, run } = await open()
  const said = 'printf "  3 passing (1ms)\\n"; sleep 100'
  const late = await run(said, { timeoutSeconds: 1 })
  expect(late).toMatchObject({ exitCode: null, ok: false, ended: 'ended after 1 s: its time was over', passed: 3 })
  const stop = new AbortController()
  const running = run('touch began; sleep 100', { signal: stop.signal })
  await until('the tests', () => readFile(join(cwd, 'began')).catch(() => undefined))
  stop.abort()
  expect(await running).toMatchObject({ exitCode: null, ended: 'ended: the run was stopped' })
  expect(await run('kill -KILL $$')).toMatchObject({ exitCode: null, ended: 'ended by SIGKILL' })
})

it('keeps the beginning and the end of what is said', async () => {
  const { run } = await open()
  const { output, exitCode } = await run('echo first; seq 60000; echo last')
  expect(exitCode).toBe(0)
  expect(output).toMatch(/^first\n1\n[^…]+\n… \(\d+ bytes left out\) …\n[^…]+\nlast\n$/)
})

it('without a sandbox nothing is run, and why is said beforehand, too', async () => {
  const { cwd, run } = await open()
  const none = { ...env, PATH: '/nowhere' }
  const refused = await run('touch ran', { sandboxed: true, env: none })
  expect(refused).toMatchObject({
    exitCode: null,
    ok: false,
    output: '',
    ended: expect.stringMatching(/bubblewrap 0\.12/),
  })
  expect(await sandboxProblem({ env: none })).toBe(refused.ended)
  await expect(readFile(join(cwd, 'ran'))).rejects.toThrow('ENOENT')
})
