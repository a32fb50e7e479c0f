// What decides about an agent's tools, in a worker of a person's own: their function, their hook, a plan's mode, and the
// arguments they put in place of the model's.
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Recorder, startRecorder } from '../../support/recorder.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

let stage: Stage
let recorder: Recorder
let workspace: string
beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  recorder = await startRecorder(stage.simulator.url)
  workspace = join(stage.home, 'workspace')
  await mkdir(workspace)
  await stage.addWorker({ baseUrl: recorder.url, main: join(import.meta.dirname, '../../support/office-worker.mjs') })
})
afterAll(async () => {
  await stage.close()
  await recorder.close()
})

/** The model wants these tools first, then says it is done. */
async function agent(mark: string, uses: [name: string, input: object][], input: object): Promise<WorkflowHandle> {
  const blocks = uses.map(([name, given]) => ({ type: 'tool_use' as const, name, input: given }))
  stage.simulator.setRules([{ match: { prompt: mark }, times: 1, reply: { blocks } }, { reply: { text: 'Done.' } }])
  return stage.start('thread', { agent: 'coder', workspace, task: mark, stream: false, ...input })
}
const toldIn = (mark: string) => {
  const sent = recorder.all().findLast(({ messages }) => JSON.stringify(messages[0]).includes(mark))
  return JSON.stringify(sent?.messages.at(-1))
}
const read = (name: string) => readFile(join(workspace, name), 'utf8')

it('a function of a person’s own denies, changes arguments and asks', async () => {
  const uses: [string, object][] = [
    ['Bash', { command: 'npm publish --tag next' }],
    ['Write', { file_path: 'a.txt', content: 'a' }],
    ['Edit', { file_path: 'a.txt', old_string: 'x', new_string: 'y' }],
  ]
  const run = await agent('office hours', uses, { permissions: { handler: 'office' } })
  const question = await until('a question', async () =>
    (await stage.status(run)).approvals.find(({ answer }) => !answer),
  )
  expect(question.tool).toMatchObject({ tool: 'Edit', by: 'handler office' })
  await run.executeUpdate('decide', {
    args: [{ kind: 'reject', digest: question.digest, by: 'reviewer', note: 'not that' }],
  })
  expect(await run.result()).toMatchObject({ status: 'completed' })
  expect(await read('a.txt')).toBe('a\n')
  expect(toldIn('office hours')).toMatch(/releases are made by CI/)
  await verifyHistory(run)
})

it('a hook blocks what it names, and the model hears why', async () => {
  const hooks = { pre_tool_use: [{ matcher: 'Write', hooks: [{ type: 'function', name: 'friday' }] }] }
  const uses: [string, object][] = [
    ['Write', { file_path: 'frozen.txt', content: 'a' }],
    ['Write', { file_path: 'free.txt', content: 'b' }],
  ]
  const run = await agent('on a friday', uses, { hooks, permissionMode: 'acceptEdits' })
  expect(await run.result()).toMatchObject({ status: 'completed' })
  await expect(read('frozen.txt')).rejects.toThrow('ENOENT')
  expect(await read('free.txt')).toBe('b')
  expect(toldIn('on a friday')).toMatch(/it is frozen/)
})

it('arguments a person edits are what runs; of some that do not fit they are asked again, with the reason', async () => {
  await writeFile(join(workspace, 'e.txt'), 'one')
  const uses: [string, object][] = [['Edit', { file_path: 'e.txt', old_string: 'one', new_string: 'two' }]]
  const run = await agent('to be edited', uses, { permissions: { deny: ['Edit(frozen/**)'] } })
  const answer = async (input: object, past?: string) => {
    const question = await until('a question', async () => {
      const { approvals } = await stage.status(run)
      return approvals.find((one) => !one.answer && one.digest !== past)
    })
    await run.executeUpdate('decide', { args: [{ kind: 'approve', digest: question.digest, by: 'reviewer', input }] })
    return question
  }
  const edit = { file_path: 'e.txt', old_string: 'one', new_string: 'three' }
  const first = await answer({ ...edit, new_string: 3 })
  const second = await answer({ ...edit, file_path: 'frozen/e.txt' }, first.digest)
  const third = await answer(edit, second.digest)
  expect(second.problem).toMatch(/new_string: /)
  expect(third.problem).toMatch(/deny Edit\(frozen/)
  expect(await run.result()).toMatchObject({ status: 'completed' })
  expect(await read('e.txt')).toBe('three')
})

it('in plan mode the model is told so, reads, and nothing else', async () => {
  await writeFile(join(workspace, 'p.txt'), 'as it is')
  const uses: [string, object][] = [
    ['Read', { file_path: 'p.txt' }],
    ['Edit', { file_path: 'p.txt', old_string: 'is', new_string: 'was' }],
  ]
  const run = await agent('make a plan', uses, { permissionMode: 'plan' })
  expect(await run.result()).toMatchObject({ status: 'completed' })
  expect(await read('p.txt')).toBe('as it is')
  expect(toldIn('make a plan')).toMatch(/as it is.*plan mode: nothing but reads/s)
})

it.each(['acceptEdits', 'bypassPermissions'])(
  'in mode %s an agent that owns files writes no others, and the model hears whose they are',
  async (permissionMode) => {
    await writeFile(join(workspace, 'theirs.txt'), 'as it was')
    const uses: [string, object][] = [
      ['Write', { file_path: 'theirs.txt', content: 'mine now' }],
      ['Edit', { file_path: 'mine/../theirs.txt', old_string: 'was', new_string: 'is' }],
      ['Write', { file_path: 'mine/new.txt', content: permissionMode }],
    ]
    const mark = `own a few in ${permissionMode}`
    const run = await agent(mark, uses, { permissionMode, owns: ['mine/', 'a.txt'] })
    expect(await run.result()).toMatchObject({ status: 'completed' })
    expect(await read('theirs.txt')).toBe('as it was')
    expect(await read('mine/new.txt')).toBe(permissionMode)
    const refusals = toldIn(mark).match(/permission denied: theirs\.txt is not yours: you own mine\/, a\.txt/g)
    expect(refusals).toHaveLength(2)
  },
)

it('a command of an agent that owns files keeps what it does to them; the rest is put back, and the model hears of it', async () => {
  const repository = join(stage.home, 'repository')
  await mkdir(repository)
  await writeFile(join(repository, 'theirs.txt'), 'as it was')
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: repository })
  git('init', '-q')
  git('add', '--all')
  git('commit', '-qm', 'first')
  const command = 'echo told; echo mine > mine.txt; echo mine > theirs.txt; echo new > new.txt'
  const run = await agent('own one and run a command', [['Bash', { command }]], {
    ...{ workspace: repository, owns: ['mine.txt'], allowUnsandboxed: true },
    permissions: { allow: ['Bash'] },
  })
  expect(await run.result()).toMatchObject({ status: 'completed' })
  const after = await Promise.all(['mine.txt', 'theirs.txt'].map((name) => readFile(join(repository, name), 'utf8')))
  expect(after).toEqual(['mine\n', 'as it was'])
  expect(git('status', '--porcelain').toString()).toBe('?? mine.txt\n')
  expect(toldIn('own one and run')).toMatch(
    /"is_error":true.*told.*put back, because they are not yours: new\.txt, theirs\.txt/,
  )
  await verifyHistory(run)
})

it('an agent, a rule or a workspace that means nothing ends the run before any call', async () => {
  const refused = async (input: object) => {
    const run = await stage.start('thread', { task: 'x', stream: false, ...input })
    return run.result().then(
      () => 'it ran',
      (error: { cause?: { message?: string } }) => String(error.cause?.message),
    )
  }
  const before = stage.simulator.journal().posts
  expect(await refused({ agent: 'fixr', workspace })).toMatch(/there is no "fixr"; did you mean fixer\?/)
  expect(await refused({ agent: 'fixer', workspace: '/nowhere' })).toMatch(/does not exist; wanted a directory/)
  expect(await refused({ agent: 'fixer', workspace, permissions: { deny: ['Bash('] } })).toMatch(/is no rule/)
  expect(await refused({ agent: 'fixer', workspace, permissions: { handler: 'ofice' } })).toMatch(
    /did you mean office\?/,
  )
  expect(stage.simulator.journal().posts).toBe(before)
})
