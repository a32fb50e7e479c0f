// A key reaches the model server and nothing else: not the history, not the store, the journal or the server's database,
// not a log at its most talkative, whether calls succeed, are refused or die with their worker.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startProxy } from '../../support/proxy.js'
import { resultOf } from '../../support/run-result.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { inFlight, requestsOf, verified } from '../../support/verify.js'

type Where = { env?: NodeJS.ProcessEnv; cwd?: string }

const canary = (place: string) => `sk-ant-canary-${place}-${Math.random().toString(36).slice(2)}`
const KEYS = {
  variable: canary('variable'),
  project: canary('project'),
  user: canary('user'),
  refused: canary('refused').replace('sk-ant-', 'sk-ant-invalid-'),
  malformed: canary('malformed'),
}
/** In a prompt, so it must be found: a search that finds nothing anywhere would prove nothing. */
const MARK = 'canary of the search itself'

let stage: Stage
let proxy: Awaited<ReturnType<typeof startProxy>>
let baseUrl: string
let places: string
let sent = ''

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  stage.simulator.setRules([
    { match: { prompt: '/^refused/' }, fault: { kind: '401' } },
    { match: { prompt: '/^slow/', attempt: 1 }, reply: { text: 'answer', firstTokenMs: 50, delayMs: 60_000 } },
    { reply: { text: 'answer' } },
  ])
  proxy = await startProxy(Number(new URL(stage.simulator.url).port), (bytes) => {
    sent += bytes.toString('latin1')
  })
  baseUrl = `http://${proxy.address}`
  places = await mkdtemp(join(tmpdir(), 'ensemble-keys-'))
  await write('project/ANTHROPIC_API_KEY.txt', `${KEYS.project}\n`)
  await write('user/.config/ensemble/API_CREDENTIALS.json', JSON.stringify({ anthropic_api_key: KEYS.user }))
  await write('malformed/API_CREDENTIALS.json', `{"anthropic_api_key": "${KEYS.malformed}"`)
})

afterAll(async () => {
  await stage?.close()
  await proxy?.close()
  await rm(places, { recursive: true, force: true })
})

it('a key is nowhere but on its way to the model server', async () => {
  const handles = await Promise.all([
    crashing('variable', { env: { ANTHROPIC_API_KEY: KEYS.variable } }),
    crashing('project', { cwd: join(places, 'project') }),
    crashing('user', { env: { HOME: join(places, 'user') } }),
    refused('refused', { env: { ANTHROPIC_API_KEY: KEYS.refused } }),
  ])
  await expect(worker('malformed', { cwd: join(places, 'malformed') })).rejects.toThrow('exited with 2')
  await expect(worker('blank', { env: { ANTHROPIC_API_KEY: `${KEYS.malformed} x` } })).rejects.toThrow('exited with 2')

  for (const key of [KEYS.variable, KEYS.project, KEYS.user, KEYS.refused]) expect(sent).toContain(`Bearer ${key}`)
  const histories = await Promise.all(handles.map(historyText))
  const files = await filesBelow(stage.home)
  const log = files.find(({ path }) => path.endsWith('workers.log'))
  expect(log?.text).toContain('API_CREDENTIALS.json: no valid JSON')
  const everything = [...files, ...histories.map((text, index) => ({ path: `history ${index}`, text }))]
  const having = (needle: string) => everything.filter(({ text }) => text.includes(needle)).map(({ path }) => path)
  expect(having(MARK).some((path) => path.includes('/blobs/'))).toBe(true)
  expect(having(MARK).some((path) => path.includes('temporal.db'))).toBe(true)
  expect(having(MARK)).toContain('history 0')
  for (const key of Object.values(KEYS)) {
    expect(having(key)).toEqual([])
    expect(having(Buffer.from(key).toString('base64').slice(0, -4))).toEqual([])
  }
})

const worker = (taskQueue: string, { env, cwd }: Where) =>
  stage.addWorker({ taskQueue, baseUrl, env: { ENSEMBLE_LOG_LEVEL: 'trace', ...env }, ...(cwd && { cwd }) })

/** A run with an answer, a refusal, and a call whose worker is killed. */
async function crashing(queue: string, where: Where): Promise<WorkflowHandle> {
  const first = await worker(queue, where)
  const items = ['fine', 'refused', 'slow'].map((id) => ({ id, prompt: `${id} ${queue}: ${MARK}` }))
  const handle = await stage.start('parallel', { items, confirm: 'never' }, { taskQueue: queue })
  await until('only the slow call to be in flight', async () => {
    const ended = (await stage.status(handle)).items.filter(({ status }) => status === 'ok' || status === 'error')
    return ended.length === 2 && inFlight(requestsOf(stage, `slow ${queue}`)).length === 1
  })
  await first.kill()
  await worker(queue, where)
  const result = await verified(handle, ['fine', 'refused', 'slow'])
  expect(result.items).toMatchObject([
    { status: 'ok' },
    { status: 'error', error: { type: 'AuthenticationFailed', statusCode: 401 } },
    { status: 'ok', attempts: 2 },
  ])
  return handle
}

/** A run whose key the model server does not take. */
async function refused(queue: string, where: Where): Promise<WorkflowHandle> {
  await worker(queue, where)
  const handle = await stage.start('parallel', { items: [{ prompt: 'fine' }], confirm: 'never' }, { taskQueue: queue })
  expect(await resultOf(handle)).toMatchObject({
    status: 'failed',
    items: [{ error: { type: 'AuthenticationFailed', message: expect.stringContaining('invalid x-api-key') } }],
  })
  return handle
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(places, path, '..'), { recursive: true })
  await writeFile(join(places, path), text)
}

async function historyText(handle: WorkflowHandle): Promise<string> {
  const { events } = await handle.fetchHistory()
  return textsIn([events, (await handle.describe()).raw]).join('\n')
}

/** Every text and every payload. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

async function filesBelow(directory: string): Promise<{ path: string; text: string }[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.map(async (path) => ({ path, text: await readFile(path, 'latin1') })))
}
