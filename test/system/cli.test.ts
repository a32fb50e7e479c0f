// The command line as other programs call it: real processes, a real server and worker, exit codes and both outputs.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freePort } from '../support/ports.js'
import { openStage, type Stage } from '../support/stage.js'

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname

type Ended = { code: number | null; out: string; err: string }
type Running = { child: ChildProcess; ended: Promise<Ended>; said(pattern: RegExp): Promise<string> }

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

function start(args: string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Running {
  const env = {
    PATH: process.env.PATH,
    HOME: stage.home,
    TEMPORAL_ADDRESS: stage.server.address,
    ENSEMBLE_HOME: stage.home,
    ANTHROPIC_BASE_URL: stage.simulator.url,
    ...options.env,
  }
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: stage.home, env, stdio: 'pipe' })
  child.stdin.on('error', () => undefined) // a command that refuses its arguments reads nothing
  child.stdin.end(options.input ?? '')
  let [out, err] = ['', '']
  const listeners = new Set<() => void>()
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => {
    err += chunk
    for (const listener of listeners) listener()
  })
  const ended = new Promise<Ended>((done) => child.once('close', (code) => done({ code, out, err })))
  const said = (pattern: RegExp) =>
    new Promise<string>((done, failed) => {
      const look = () => {
        if (!pattern.test(err)) return
        listeners.delete(look)
        done(err)
      }
      listeners.add(look)
      look()
      void ended.then(() => failed(new Error(`ended without saying ${pattern}: ${err}`)))
    })
  return { child, ended, said }
}
const run = (args: string[], options?: { input?: string; env?: NodeJS.ProcessEnv }) => start(args, options).ended
/** Of every POST so far, by its first 100 characters. */
const prompts = () => stage.simulator.journal().requests.map(({ promptHead }) => promptHead)
const items = (...prompts: string[]) => JSON.stringify(prompts.map((prompt, at) => ({ id: `i${at}`, prompt })))

describe('ask', () => {
  it('prints the answer alone on standard output, with standing input and files appended to the prompt', async () => {
    await writeFile(join(stage.home, 'notes.txt'), 'from the file')
    const { code, out, err } = await run(['ask', 'Say it', '--file', 'notes.txt'], { input: 'from the pipe' })
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(out).toMatch(/^SIMULATED/)
    expect(prompts().at(-1)).toMatch(/^Say it\s+from the pipe\s+notes\.txt:\s+from the file/)
  })

  it('takes files before the prompt, each named by its own --file', async () => {
    await writeFile(join(stage.home, 'one.txt'), 'first file')
    await writeFile(join(stage.home, 'two.txt'), 'second file')
    expect((await run(['ask', '--file', 'one.txt', '--file', 'two.txt', 'Compare'])).code).toBe(0)
    expect(prompts().at(-1)).toMatch(/^Compare\s+one\.txt:\s+first file\s+two\.txt:\s+second file/)
  })

  it('refuses an empty prompt with 2', async () => {
    expect(await run(['ask'])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/prompt: got nothing/) })
  })
})

describe('bad input', () => {
  const foreignHistory = JSON.stringify({
    events: [{ workflowExecutionStartedEventAttributes: { workflowType: { name: 'mine' } } }],
  })
  const cases: [string, string[], string, RegExp][] = [
    ['no items', ['run', 'parallel', '--input', '-'], '[]', /items: .*at least one/],
    ['no JSON', ['run', 'parallel', '--input', '-'], '{"a"', /standard input is not JSON/],
    ['an unknown field', ['run', 'parallel', '--input', '-'], '[{"prompt":"x","a":1}]', /unknown field "a"/],
    ['an unknown model', ['run', 'parallel', '--input', '-', '--model', 'gpt'], items('x'), /model: .*"gpt"/],
    ['an unknown expert', ['run', 'review', '.', '--experts', 'poet'], '', /poet/],
    ['a path that is not there', ['run', 'review', './nowhere'], '', /no such file or directory: \.\/nowhere/],
    ['nothing to review', ['run', 'review'], '', /wanted paths, or --input/],
    ['to replay a run of foreign code', ['replay', '-'], foreignHistory, /is a run of "mine"; wanted one of parallel/],
    ['a review of no object', ['run', 'review', '--input', '-'], '["src"]', /--input: got \["src"\]/],
    ['an unknown command', ['dance'], '', /unknown command 'dance'/],
    ['concurrency 0', ['run', 'parallel', '--input', '-', '--concurrency', '0'], items('x'), /whole number/],
  ]
  it.each(cases)('%s exits with 2 and one line', async (_, args, input, message) => {
    const { code, out, err } = await run(args, { input, env: { ENSEMBLE_HOME: join(stage.home, 'elsewhere') } })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
    expect(err).not.toMatch(/^ +at /m)
  })

  it('@last before the first run exits with 2', async () => {
    const { code, err } = await run(['show', '@last'], { env: { ENSEMBLE_HOME: join(stage.home, 'fresh') } })
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringMatching(/no run has been started/) })
  })

  it('an unknown run exits with 5, no server with 4', async () => {
    expect(await run(['show', 'nobody'])).toMatchObject({ code: 5, err: expect.stringMatching(/no run "nobody"/) })
    const env = { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` }
    const { code, err } = await run(['list'], { env })
    expect({ code, err }).toMatchObject({ code: 4, err: expect.stringMatching(/cannot be used/) })
    expect(err).not.toMatch(/^ +at /m)
  })
})

describe('run', () => {
  it('with the same id and input is the same run, with another input refused', async () => {
    const args = ['run', 'parallel', '--input', '-', '--id', 'twice', '--json']
    const [first, second] = [await run(args, { input: items('once') }), await run(args, { input: items('once') })]
    expect(first.code).toBe(0)
    expect(JSON.parse(second.out)).toEqual(JSON.parse(first.out))
    expect(prompts().filter((prompt) => prompt === 'once')).toHaveLength(1)
    const other = await run(args, { input: items('other') })
    expect(other).toMatchObject({ code: 2, err: expect.stringMatching(/"twice" is taken/) })
    expect((await readFile(join(stage.home, 'last'), 'utf8')).trim()).toBe('twice')
  })

  it('--dry-run prints the plan, makes no call and exits with 0', async () => {
    const { code, out } = await run(['run', 'parallel', '--input', '-', '--dry-run', '--json'], { input: items('dry') })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ status: 'planned', plan: { items: [{ id: 'i0' }] } })
    expect(prompts().filter((prompt) => prompt === 'dry')).toHaveLength(0)
  })

  it('without a terminal leaves an approval open with 10; approve answers it and follows to the end', async () => {
    const args = ['run', 'parallel', '--input', '-', '--confirm', 'always', '--id', 'asked', '--json']
    const waiting = await run(args, { input: items('approved') })
    expect(waiting.code).toBe(10)
    expect(waiting.err).toMatch(/ensemble approve asked/)
    const { approval } = JSON.parse(waiting.out)
    expect(await run(['result', 'asked'])).toMatchObject({ code: 10, out: '' })
    const old = await run(['approve', 'asked', '--digest', 'sha256:old'])
    expect(old).toMatchObject({ code: 2, err: expect.stringMatching(/digest/) })
    const approved = await run(['approve', 'asked', '--by', 'reviewer', '--json'])
    expect(approved.err).toContain(approval.digest)
    expect({ code: approved.code, status: JSON.parse(approved.out).status }).toEqual({ code: 0, status: 'completed' })
    expect(await run(['approve', 'asked'])).toMatchObject({ code: 2 })
  })

  it('review takes its whole input as JSON, files as text and experts of one’s own', async () => {
    const files = [{ path: 'login.ts', text: 'export const login = (given: string) => eval(given)\n' }]
    const input = JSON.stringify({ files, experts: ['security', { name: 'licences', system: 'Look for licences.' }] })
    const { code, out } = await run(['run', 'review', '--input', '-', '--yes', '--json'], { input })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      status: 'completed',
      items: [{ id: 'security' }, { id: 'licences' }, { id: 'summary' }],
      findings: [{ file: 'login.ts', line: 1, verified: true }],
    })
  })

  it('documents takes files and globs seen from here, and shows the answer with its quotes', async () => {
    await mkdir(join(stage.home, 'papers'))
    await writeFile(join(stage.home, 'papers/lease.md'), '# Lease\n\nThe rent is due on the first Monday.\n')
    await writeFile(join(stage.home, 'papers/call.txt'), 'Nobody called about anything.\n')
    const asked = ['--question', 'When is the rent due?', '--yes']
    const { code, out, err } = await run(['run', 'documents', 'papers/*', ...asked, '--id', 'papers'])
    expect(code, err).toBe(0)
    expect(out).toContain('- `lease.md:3`: “The rent is due on the first Monday.”')
    expect(err).toMatch(/lease\.md: ok/)
    const result = JSON.parse((await run(['result', 'papers'])).out)
    expect(result.citations).toContainEqual({
      file: 'lease.md',
      line: 3,
      quote: 'The rent is due on the first Monday.',
      verified: true,
    })
    expect((await run(['result', 'papers', '--markdown'])).out).toBe(out)
    const none = await run(['run', 'documents', 'papers/*.pdf', ...asked])
    expect(none).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/no file matches ".*papers\/\*\.pdf"/) })
    const gone = await run(['run', 'documents', 'papers/other.md', ...asked])
    expect(gone).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/no such file .*papers\/other\.md/) })
  })

  it('rejected exits with 6', async () => {
    const args = ['run', 'parallel', '--input', '-', '--confirm', 'always', '--id', 'unwanted']
    expect((await run(args, { input: items('never asked') })).code).toBe(10)
    expect((await run(['reject', 'unwanted', '--note', 'too dear'])).code).toBe(6)
    expect(prompts().filter((prompt) => prompt === 'never asked')).toHaveLength(0)
  })

  it('revised plans again with another digest', async () => {
    const args = ['run', 'parallel', '--input', '-', '--confirm', 'always', '--id', 'revised', '--json']
    const first = JSON.parse((await run(args, { input: items('one', 'two') })).out)
    const again = await run(['revise', 'revised', '--input', '-', '--json'], { input: '{"model": "haiku"}' })
    expect(again.code).toBe(10)
    expect(JSON.parse(again.out).approval.digest).not.toBe(first.approval.digest)
    expect((await run(['reject', 'revised'])).code).toBe(6)
  })

  it('a refused key exits with 4 and one line', async () => {
    stage.simulator.setRules([{ match: { prompt: 'bad key' }, fault: { kind: '401' } }])
    const { code, err, out } = await run(['ask', 'bad key'])
    expect({ code, out }).toEqual({ code: 4, out: '' })
    expect(err).toMatch(/refused the key/)
    expect(err).not.toMatch(/^ +at /m)
  })

  it('a key that is refused while the plan is priced exits with 4 too', async () => {
    const key = 'sk-ant-invalid-test'
    // It brings its own server up: the program must be found, not built in this test's empty home.
    const PATH = [dirname(inject('temporalProgram')), process.env.PATH].join(delimiter)
    const env = { ANTHROPIC_API_KEY: key, TEMPORAL_ADDRESS: '', ENSEMBLE_HOME: join(stage.home, 'own'), PATH }
    const { code, err, out } = await run(['ask', 'any'], { env })
    expect({ code, out }).toEqual({ code: 4, out: '' })
    expect(err).toMatch(/the model server refused the key: /)
    expect(err).not.toContain(key)
  })

  it('a data directory that cannot be made is named, with 2', async () => {
    await writeFile(join(stage.home, 'a-file'), '')
    const env = { TEMPORAL_ADDRESS: '', ENSEMBLE_HOME: join(stage.home, 'a-file', 'inside') }
    const { code, err } = await run(['ask', 'any'], { env })
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/data directory .*a-file.inside cannot be used/),
    })
  })

  it('goes on when nobody reads what it says any more', async () => {
    const following = start(['ask', 'heard by nobody', '--json'])
    following.child.stderr!.destroy()
    const { code, out } = await following.ended
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ status: 'completed' })
  })
})

describe('steering', () => {
  it('Ctrl-C leaves the run alone with 130; interrupt ends it, rerun asks only what is missing', async () => {
    stage.simulator.setRules([{ match: { prompt: 'SLOW' }, reply: { text: 'slowly', delayMs: 60_000 } }])
    const following = start(['run', 'parallel', '--input', '-', '--id', 'slow'], { input: items('quick', 'SLOW') })
    await following.said(/i0: ok/)
    following.child.kill('SIGINT')
    const left = await following.ended
    expect(left).toMatchObject({ code: 130, err: expect.stringMatching(/goes on/) })
    expect(await run(['interrupt', 'slow'])).toMatchObject({ code: 0, err: expect.stringMatching(/show slow/) })
    expect((await run(['watch', 'slow'])).code).toBe(7)
    const result = JSON.parse((await run(['result', 'slow'])).out)
    expect(result.items.map(({ status }: { status: string }) => status)).toEqual(['ok', 'interrupted'])
    stage.simulator.setRules([{ match: { prompt: 'SLOW' }, reply: { text: 'soon' } }])
    const again = await run(['rerun', 'slow', '--json'])
    expect(JSON.parse(again.out)).toMatchObject({ status: 'completed', items: [{ attempts: 0 }, { text: 'soon' }] })
    expect(prompts().filter((prompt) => prompt === 'quick')).toHaveLength(1)
  })

  it('watch --json is one event a line and ends with the end', async () => {
    const { code, out } = await run(['watch', 'twice', '--json'])
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(code).toBe(0)
    expect(events.map(({ type }) => type)).toEqual(['item', 'status', 'end'])
  })

  it('cancel ends a run without a result, with 7', async () => {
    stage.simulator.setRules([{ match: { prompt: 'endless' }, reply: { text: 'x', delayMs: 60_000 } }])
    const following = start(['run', 'parallel', '--input', '-', '--id', 'gone'], { input: items('endless') })
    await following.said(/i0: started/)
    expect((await run(['cancel', 'gone'])).code).toBe(0)
    expect(await following.ended).toMatchObject({ code: 7, err: expect.stringMatching(/cancelled/) })
    expect(await run(['cancel', 'gone'])).toMatchObject({ code: 2, err: expect.stringMatching(/"gone" is over/) })
  })
})

it('list, show and cost look at runs as JSON', async () => {
  const list = JSON.parse((await run(['list', '--json'])).out)
  expect(list.find(({ id }: { id: string }) => id === 'unwanted')).toMatchObject({ status: 'rejected', open: false })
  expect(JSON.parse((await run(['show', 'twice', '--json'])).out)).toMatchObject({ id: 'twice', status: 'completed' })
  expect(JSON.parse((await run(['cost', 'twice', '--json'])).out)).toMatchObject({
    run: 'twice',
    items: [{ id: 'i0' }],
  })
})

it('schema, models and doctor need no run', async () => {
  const schema = JSON.parse((await run(['schema', 'review'])).out)
  expect(Object.keys(schema.properties)).toContain('paths')
  expect((await run(['models'])).out).toMatch(/claude-haiku-5-5 .*haiku/)
  const { code, out } = await run(['doctor', '--json'], { env: { ANTHROPIC_API_KEY: 'sk-canary-0123456789' } })
  expect(code).toBe(0)
  expect(out).toContain('ANTHROPIC_API_KEY')
  expect(out).not.toContain('canary')
})

it('--help is there at once, also for a command', async () => {
  expect((await run(['--help'])).out).toMatch(/approve <run> \[approval\]/)
  expect((await run(['run', 'review', '--help'])).out).toMatch(/--experts <list>/)
})
