// What is written down of an agent at work, when somebody tampers with it, when the disk is full, and when what its tools
// gave is away, gone or damaged.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findAudits } from '../../../src/audit/files.js'
import type { Approval } from '../../../src/contracts/messages.js'
import type { ThreadResult } from '../../../src/contracts/thread.js'
import { blobPath } from '../../../src/storage/blobs.js'
import { openStage, type Stage } from '../../support/stage.js'
import { answered } from '../../support/thread.js'
import { until } from '../../support/until.js'

const MAIN = new URL('../../../dist/cli/main.js', import.meta.url).pathname
const LOG = new URL('../../../dist/audit/log.js', import.meta.url).href
const TASKS = ['audited', 'gone', 'damaged', 'away']
const LARGE = `large ${'0123456789'.repeat(100)}\n`

let stage: Stage
let workspace: string
beforeAll(async () => {
  stage = await openStage()
  workspace = join(await realpath(stage.home), 'workspace')
  await mkdir(workspace)
  for (const name of TASKS) await writeFile(join(workspace, `${name}-large.txt`), `${name} ${LARGE}`)
  const read = (name: string) => {
    return { type: 'tool_use' as const, name: 'Read', input: { file_path: `${name}-large.txt` } }
  }
  const write = (name: string) => {
    return { type: 'tool_use' as const, name: 'Write', input: { file_path: `${name}.txt`, content: name } }
  }
  const agent = { type: 'tool_use' as const, name: 'agent', input: { name: 'child', task: 'help' } }
  const delegating = { match: { prompt: 'hand it on' }, reply: { blocks: [agent] } }
  stage.simulator.setRules(
    TASKS.map((name) => ({
      match: { prompt: `/^${name}/` },
      reply: { blocks: [read(name), write(name)] },
    })).concat([delegating, { reply: { text: 'done' } }] as never),
  )
})
afterAll(() => stage?.close())

type Ended = { code: number | null; out: string; err: string }

function ensemble(...args: string[]): Promise<Ended> {
  const env = { PATH: process.env.PATH, HOME: stage.home, TEMPORAL_ADDRESS: stage.server.address }
  return ended(process.execPath, [MAIN, ...args], { ...env, ENSEMBLE_HOME: stage.home })
}

function ended(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn(program, args, { cwd: stage.home, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.on('data', (bytes) => (said.out += bytes))
  child.stderr.on('data', (bytes) => (said.err += bytes))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...said })))
}

/** An agent that has read a file and waits to be let write another. */
async function asking(task: string): Promise<{ agent: WorkflowHandle; approval: Approval }> {
  const agent = await stage.start('thread', {
    agent: { name: 'worker', prompt: 'You work.', tools: ['Read', 'Write'] },
    workspace,
    stream: false,
    task,
  })
  const approval = await until('its question', async () =>
    (await stage.status(agent)).approvals.find(({ answer }) => !answer),
  )
  // The other tool of the step has its result by then.
  await until('the result of what it read', () => refOfRead(agent))
  return { agent, approval }
}

/** Where the result of its Read is kept, once it is in the history. */
async function refOfRead(agent: WorkflowHandle): Promise<string | undefined> {
  const { events } = await agent.fetchHistory()
  for (const { activityTaskCompletedEventAttributes: completed } of events ?? []) {
    const text = Buffer.from(completed?.result?.payloads?.[0]?.data ?? []).toString('utf8')
    const ref = /"content":\{"ref":"(sha256:[0-9a-f]{64})"\}/.exec(text)?.[1]
    if (ref) return ref
  }
  return undefined
}

const approve = (agent: WorkflowHandle, { digest }: Approval) => agent.signal('approve', { digest, by: 'ann' })

it('an audit has all of it, refused answers too, and verifying names the first entry that was tampered with', async () => {
  const { agent, approval } = await asking('audited')
  const id = agent.workflowId
  await agent.signal('approve', { digest: 'f'.repeat(64), by: 'mallory' })
  await until('the refusal', async () => (await stage.status(agent)).refused.length === 1)
  await approve(agent, approval)
  const { status, audit } = (await agent.result()) as ThreadResult
  expect(status).toBe('completed')

  const shown = JSON.parse((await ensemble('audit', 'show', id, '--json')).out)
  const types = shown[0].entries.map((entry: { type: string }) => entry.type)
  expect(new Set(types)).toEqual(
    new Set([
      ...['session_start', 'prompt', 'call', 'permission', 'approval_requested', 'refused', 'approval', 'tool'],
      'session_end',
    ]),
  )
  const find = (type: string, more: object = {}) =>
    expect(shown[0].entries).toContainEqual(expect.objectContaining({ type, ...more }))
  find('refused', { message: expect.stringContaining('approve'), reason: expect.any(String) })
  find('approval', { digest: approval.digest, by: 'ann', kind: 'approve' })
  find('tool', { tool: 'Write', digest: approval.digest, outcome: 'done', isError: false })
  const whole = await ensemble('audit', 'verify', id)
  expect(whole).toMatchObject({ code: 0, out: expect.stringContaining(`whole: ${audit?.entries} entries`) })
  const exported = (await ensemble('audit', 'export', id)).out
  expect(createHash('sha256').update(exported).digest('hex')).toBe(
    createHash('sha256')
      .update((await findAudits(join(stage.home, 'store'), id))[0]?.text ?? '')
      .digest('hex'),
  )

  const [log] = await findAudits(join(stage.home, 'store'), id)
  const lines = exported.split('\n')
  const tampered = {
    edited: [3, lines.map((line) => line.replace('"n":3,', '"n": 3,'))],
    cut: [(audit?.entries ?? 0) - 1, lines.toSpliced(-3, 2)],
    reordered: [4, lines.with(4, lines[5] ?? '').with(5, lines[4] ?? '')],
  } as const
  for (const [how, [entry, changed]] of Object.entries(tampered)) {
    await writeFile(log?.path ?? '', changed.join('\n'))
    const verified = await ensemble('audit', 'verify', id)
    expect([how, verified.code, verified.out]).toEqual([how, 1, expect.stringContaining(`entry ${entry} is bad`)])
  }
})

it('a log that is gone is a bad one, also that of an agent which an agent started', async () => {
  const agent = await stage.start('thread', {
    agent: { name: 'parent', prompt: 'You delegate.', tools: ['agent'] },
    agents: [{ name: 'child', prompt: 'You help.', tools: [] }],
    ...{ workspace, stream: false, task: 'hand it on' },
  })
  expect(((await agent.result()) as ThreadResult).status).toBe('completed')
  const id = agent.workflowId
  expect(await ensemble('audit', 'verify', id)).toMatchObject({
    code: 0,
    out: expect.stringContaining('/child-1.1.1: whole'),
  })
  for (const session of [`${id}/child-1.1.1`, id]) {
    const [log] = await findAudits(join(stage.home, 'store'), session)
    await rm(log?.path ?? '')
    const verified = await ensemble('audit', 'verify', id)
    expect([verified.code, verified.out]).toEqual([1, expect.stringMatching(`${session}: .* missing .* appended \\d+`)])
  }
})

it('a disk that is full leaves nothing half written, and what was there goes on when there is room', async () => {
  const script = `
    import { auditLog } from ${JSON.stringify(LOG)}
    const log = auditLog({ dir: process.argv[1], locked: (_, work) => work() })
    const root = { workflowId: 'full', firstRunId: 'r' }
    const event = { at: 'now', agent: 'a', type: 'refused', message: 'm', reason: 'x'.repeat(900) }
    const append = (from) => log.append({ root, session: 'full', from, events: [event] }, (text) => text)
    await append(1)
    process.stdout.write(await append(2).then(() => 'appended', (error) => error.code))`
  const dir = join(stage.home, 'full')
  // Blocks of 1024 bytes: room for the first entry and half of the second.
  const limited = `ulimit -f 2 && exec "${process.execPath}" --input-type=module -e "$SCRIPT" "${dir}"`
  const full = await ended('bash', ['-c', limited], { PATH: process.env.PATH, SCRIPT: script })
  expect(full).toMatchObject({ code: 0, out: expect.stringMatching(/^(EFBIG|ENOSPC)$/) })
  const [log] = await findAudits(dir, 'full')
  expect(log?.text.split('\n')).toHaveLength(3)
  expect(log?.text.endsWith('\n')).toBe(true)
  const again = await ended(process.execPath, ['--input-type=module', '-e', script, dir], {})
  expect(again.out).toBe('appended')
})

it.each([
  ['gone', 'BlobMissing', (path: string) => rm(path)],
  ['damaged', 'BlobDamaged', async (path: string) => writeFile(path, (await readFile(path, 'utf8')).replace('0', '1'))],
] as const)('a result of a tool that is %s is a typed failure of the turn that needs it', async (task, type, harm) => {
  const { agent, approval } = await asking(task)
  await harm(blobPath(join(stage.home, 'store'), (await refOfRead(agent)) ?? ''))
  await approve(agent, approval)
  await expect(agent.result()).rejects.toMatchObject({ cause: { type: 'RunFailed' } })
  expect(await answered(agent, 1)).toMatchObject({ status: 'error', error: { type } })
  // What was approved was done before that.
  expect(await readFile(join(workspace, `${task}.txt`), 'utf8')).toBe(task)
})

it('a store that is away is waited for, and the agent goes on', async () => {
  const { agent, approval } = await asking('away')
  const store = join(stage.home, 'store')
  await rename(store, `${store}.away`)
  await writeFile(store, '') // or a worker would make it anew
  await approve(agent, approval)
  await until('somebody to miss the store', async () => {
    const pending = (await agent.describe()).raw.pendingActivities ?? []
    return pending.some(({ lastFailure }) => lastFailure?.applicationFailureInfo?.type === 'StorageUnreachable')
  })
  await rm(store)
  await rename(`${store}.away`, store)
  expect(await agent.result()).toMatchObject({ status: 'completed', answer: 'done' })
  expect(await readFile(join(workspace, 'away.txt'), 'utf8')).toBe('away')
})
