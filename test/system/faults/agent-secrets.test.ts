// Secrets are planted wherever a tool, a server of tools or a hook may come by them, and each of these tells what it has,
// in what it gives and in how it fails: none of it is in a history, the store, an audit, the server's database or a log.
import { mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from '../../support/stage.js'

const reference = (name: string) => `\${${name}}`
const canary = (place: string) => `canary-${place}-${Math.random().toString(36).slice(2)}`
const SECRETS = {
  ANTHROPIC_API_KEY: `sk-ant-${canary('key')}`,
  CRM_TOKEN: canary('token'),
  HOOK_SECRET: canary('hook'),
}
/** Nobody knows of it but by its shape. */
const IN_A_FILE = `sk-ant-api03-${canary('file')}`
/** In a task and in a file, so it must be found: a search that finds nothing anywhere would prove nothing. */
const MARK = 'the mark of the search itself'
const EVERYTHING = new URL(
  '../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
  import.meta.url,
).pathname

let stage: Stage
let workspace: string
beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  workspace = join(await realpath(stage.home), 'workspace')
  await mkdir(workspace)
  await writeFile(join(workspace, 'notes.txt'), `${MARK}: ${IN_A_FILE}\n`)
  const use = (name: string, input: object = {}) => ({ type: 'tool_use' as const, name, input })
  stage.simulator.setRules([
    {
      match: { prompt: '/^begin/' },
      reply: {
        blocks: [
          use('leak', { how: 'output' }),
          use('leak', { how: 'error' }),
          use('Read', { file_path: 'notes.txt' }),
          use('mcp__all__get-env'),
        ],
      },
    },
    { reply: { text: 'done' } },
  ])
  await stage.addWorker({
    main: new URL('../../support/leaking-worker.mjs', import.meta.url).pathname,
    env: { ...SECRETS, ENSEMBLE_LOG_LEVEL: 'trace' },
  })
})
afterAll(() => stage?.close())

it('a secret that tools, servers and hooks tell is nowhere', async () => {
  const tell = 'echo "$HOOK_SECRET $CRM_TOKEN $ANTHROPIC_API_KEY"; env >&2; exit 1'
  const agent = await stage.start('thread', {
    agent: { name: 'worker', prompt: 'You work.', tools: ['leak', 'Read', 'mcp__all__get-env'] },
    workspace,
    permissionMode: 'bypassPermissions',
    mcpServers: {
      all: { command: process.execPath, args: [EVERYTHING, 'stdio'], env: { GIVEN: reference('CRM_TOKEN') } },
    },
    hooks: {
      post_tool_use: [
        {
          hooks: [
            { type: 'function', name: 'leak' },
            { type: 'function', name: 'fail' },
            { type: 'command', command: tell },
            {
              type: 'webhook',
              url: 'http://127.0.0.1:9/',
              headers: { authorization: `Bearer ${reference('HOOK_SECRET')}` },
              timeout: 2,
              retries: 0,
            },
          ],
        },
      ],
    },
    stream: false,
    task: `begin: ${MARK}`,
  })
  expect(await agent.result()).toMatchObject({ status: 'completed', answer: 'done' })

  const files = (await filesBelow(stage.home)).filter(({ path }) => !path.startsWith(workspace))
  const everything = [...files, { path: 'history', text: await historyText(agent) }]
  const having = (needle: string) => everything.filter(({ text }) => text.includes(needle)).map(({ path }) => path)
  // All of them told: what is left of it says so.
  const told = everything.map(({ text }) => text).join('\n')
  expect(told).toMatch(/refused for \[redacted sha256:[0-9a-f]{12}\] and \[redacted/)
  expect(told).toMatch(/the token is \[redacted sha256/)
  expect(told).toMatch(/GIVEN.{1,20}\[redacted sha256/)
  expect(told).toMatch(/the mark of the search itself: \[redacted sha256/)
  for (const place of ['history', '/blobs/', 'temporal.db'])
    expect(having(MARK).some((path) => path.includes(place))).toBe(true)
  for (const secret of [...Object.values(SECRETS), IN_A_FILE]) {
    expect(having(secret)).toEqual([])
    expect(having(Buffer.from(secret).toString('base64').slice(0, -4))).toEqual([])
  }
})

async function historyText(agent: WorkflowHandle): Promise<string> {
  const { events } = await agent.fetchHistory()
  return textsIn([events, (await agent.describe()).raw]).join('\n')
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
