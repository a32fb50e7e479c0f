// The simulated planner and programmers over HTTP, with the real SDK and the real tools in real directories.
import { rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CodePlanAnswer, ProgrammerReport } from '../../src/contracts/schemas/index.js'
import { type Simulator, startSimulator } from '../../src/simulator/index.js'
import { CODE_TASKS, type CodeTask, makeRepository, programs, runTests } from '../support/code.js'
import { assignmentsOf, type Programming, programmingWith, type Said } from '../support/programming.js'

let simulator: Simulator
let model: Programming
beforeAll(async () => {
  simulator = await startSimulator({ programs })
  model = programmingWith(simulator.url)
})
afterAll(() => simulator.close())

const made: string[] = []
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function repository(content: Parameters<typeof makeRepository>[0]) {
  const { directory, git } = makeRepository(content)
  made.push(directory)
  return { cwd: directory, files: git('ls-files').split('\n'), git }
}

const again = {
  tests: (output: string) => ({ by: 'tests' as const, note: 'They fail.', output }),
  person: (note: string) => ({ by: 'person' as const, note }),
  failure: { by: 'failure' as const, note: 'It ended early.' },
}

const unmet = ({ criteria }: ProgrammerReport) => criteria.filter(({ met }) => !met).map(({ shown }) => shown)
const changedBy = (said: Said[]) => [
  ...new Set(said.flatMap(({ tool, input }) => (tool === 'Write' || tool === 'Edit' ? [input.file_path] : []))),
]

/** Plans, and lets the agents work and verify, one after the other in one directory. `only`: their numbers. */
async function run(task: CodeTask, { said = '', only }: { said?: string; only?: number[] } = {}) {
  const request = CODE_TASKS[task] + said
  const { cwd, files, git } = repository(task)
  const plan = (await model.plan({ cwd, request, files })).answer
  const ends = []
  for (const assignment of assignmentsOf(plan).filter((_, index) => only?.includes(index + 1) ?? true)) {
    const first = await model.work({ cwd, request, assignment })
    if (first.stopReason !== 'end_turn') {
      ends.push({ ...first, assignment, report: undefined, verified: [] })
      continue
    }
    const second = await model.verify({ cwd, assignment, messages: first.messages })
    ends.push({ ...first, assignment, report: second.answer, verified: second.said })
  }
  return { cwd, git, request, plan, ends }
}

describe.each(Object.keys(CODE_TASKS) as CodeTask[])('the programmers of %s', (task) => {
  it('do what is planned in their own files, look at them again, and all tests pass', async () => {
    const { cwd, git, ends, plan } = await run(task)
    expect(CodePlanAnswer.parse(plan).summary).toContain('SIMULATED')
    for (const { report, said, verified, assignment } of ends) {
      expect(said.filter(({ isError }) => isError)).toEqual([])
      expect(verified.map(({ tool, input }) => [tool, input.file_path])).toEqual(
        assignment.files.map((file) => ['Read', file]),
      )
      expect(report!.criteria.map(({ criterion }) => criterion)).toEqual(assignment.criteria)
      expect(unmet(ProgrammerReport.parse(report))).toEqual([])
    }
    const owned = new Set(ends.flatMap(({ assignment }) => assignment.files))
    const written = git('status', '--porcelain', '-uall').split('\n')
    expect(written.map((line) => line.slice(2).trim()).sort()).toEqual([...owned].sort())
    const tests = runTests(cwd)
    expect(tests.output).toMatch(/pass \d\d|Ran \d\d tests/)
    expect(tests.passed).toBe(true)
  })
})

it.each([
  ['rest-api', 3],
  ['caching', 1],
  ['chat', 3],
] as const)('the tests of %s fail where agent %d breaks one', async (task, agent) => {
  const { cwd } = await run(task, { said: `\nSIMULATED: agent ${agent} breaks a test` })
  expect(runTests(cwd).passed).toBe(false)
})

it('a plan a person split is worked by with the same files', async () => {
  const parts = ['types', 'JWT utils', 'password hashing', 'service layer', 'tests']
  const said = `\n${parts.map((part) => `- One for ${part}`).join('\n')}`
  const { cwd, ends } = await run('auth', { said })
  expect(ends).toHaveLength(5)
  const { passed, output } = runTests(cwd)
  expect(output).toContain('the service')
  expect(passed).toBe(true)
})

describe('a programmer', () => {
  it('edits a file that is there, and writes one that is not', async () => {
    const { ends } = await run('rest-api', { only: [1, 6] })
    const tools = ends.map(({ said }) => said.filter(({ isError }) => !isError).map(({ tool }) => tool))
    expect(new Set(tools[0])).toEqual(new Set(['Read', 'Write']))
    expect(new Set(tools[1])).toEqual(new Set(['Read', 'Edit']))
  })

  it('told of failing tests repairs what it broke, and the others change nothing', async () => {
    const { cwd, request, ends } = await run('auth', { said: '\nSIMULATED: agent 2 breaks a test' })
    const { passed, output } = runTests(cwd)
    expect(passed).toBe(false)
    for (const { assignment } of ends) {
      const repaired = await model.work({ cwd, request, assignment, again: again.tests(output) })
      expect(changedBy(repaired.said)).toEqual(assignment.agent === 'Haiku-2' ? ['auth/jwt.js'] : [])
    }
    expect(runTests(cwd).passed).toBe(true)
  })

  it('that hides a broken test says all is met, before and after it is told', async () => {
    const said = '\nSIMULATED: agent 2 breaks a test and hides it'
    const { cwd, request, ends } = await run('auth', { said, only: [2] })
    const { assignment, report } = ends[0]!
    expect(unmet(report!)).toEqual([])
    const told = await model.work({ cwd, request, assignment, again: again.tests('it fails') })
    expect([unmet(told.answer), changedBy(told.said)]).toEqual([[], []])
  })

  it('that fails refuses, and does it when asked again', async () => {
    const { cwd, request, ends } = await run('auth', { said: '\nSIMULATED: agent 1 fails', only: [1] })
    const { assignment, stopReason } = ends[0]!
    expect(stopReason).toBe('refusal')
    const { answer, said } = await model.work({ cwd, request, assignment, again: again.failure })
    expect([unmet(answer), changedBy(said)]).toEqual([[], ['auth/types.js']])
  })

  it('that writes outside its files is refused that one, and does its own', async () => {
    const { git, ends } = await run('auth', { said: '\nSIMULATED: agent 1 writes outside', only: [1] })
    const refused = ends[0]!.said.filter(({ isError }) => isError)
    expect(refused.map(({ tool, text }) => [tool, text])).toEqual([
      ['Write', 'SIMULATED-outside.txt is not one of your files'],
    ])
    expect(unmet(ends[0]!.report!)).toEqual([])
    expect(git('status', '--porcelain', '-uall')).toBe('?? auth/types.js')
  })

  it('that stops half way says so twice, and goes on when asked again', async () => {
    const { cwd, request, ends } = await run('chat', { said: '\nSIMULATED: agent 4 stops half way', only: [4] })
    const { assignment, answer, report, said } = ends[0]!
    expect(changedBy(said)).toEqual(['chat/presence.js'])
    expect(unmet(answer)).toEqual(['not yet there: chat/typing.js'])
    expect(unmet(report!)).toEqual(['not yet there: chat/typing.js'])
    const rest = await model.work({ cwd, request, assignment, again: again.failure })
    expect([unmet(rest.answer), changedBy(rest.said)]).toEqual([[], ['chat/typing.js']])
  })

  it.each([
    ['fails', 'refusal'],
    ['stops half way', 'end_turn'],
  ])('that always %s does so until a person says something', async (vice, stopReason) => {
    const { cwd, request, ends } = await run('chat', { said: `\nSIMULATED: agent 4 always ${vice}`, only: [4] })
    const { assignment } = ends[0]!
    const still = await model.work({ cwd, request, assignment, again: again.failure })
    expect(still.stopReason).toBe(stopReason)
    if (stopReason === 'end_turn') expect(unmet(still.answer)).toEqual(['not yet there: chat/typing.js'])
    const { answer } = await model.work({ cwd, request, assignment, again: again.person('Go on') })
    expect(unmet(answer)).toEqual([])
    expect(await readFile(join(cwd, 'chat/typing.js'), 'utf8')).toContain('class Typing')
  })

  it('told by a person changes its file once for each wish, and the tests still pass', async () => {
    const { cwd, request, ends } = await run('caching')
    const { assignment } = ends[1]!
    for (const note of ['Say which Redis it is for', 'Shorter */ please', 'Shorter */ please']) {
      const { answer } = await model.work({ cwd, request, assignment, again: again.person(note) })
      expect(unmet(answer)).toEqual([])
    }
    const text = await readFile(join(cwd, 'cache/redis_client.py'), 'utf8')
    expect(text.split('\n').slice(0, 3)).toEqual([
      '# SIMULATED: changed as asked: Shorter * please',
      '# SIMULATED: changed as asked: Say which Redis it is for',
      expect.stringContaining('"""'),
    ])
    expect(runTests(cwd).passed).toBe(true)
  })

  it('told by a person does what its program has for that', async () => {
    const { cwd, request, ends } = await run('chat', { only: [3] })
    await model.work({ cwd, request, assignment: ends[0]!.assignment, again: again.person('Keep 200 messages') })
    expect(await readFile(join(cwd, 'chat/rooms.js'), 'utf8')).toContain('const HISTORY = 200')
  })

  it('runs the commands of its program when it verifies, and says so where one fails', async () => {
    const { directory } = makeRepository({
      'one/program/program.json': JSON.stringify({ match: ['x'], agents: [{ commands: ['true', 'exit 3'] }] }),
      'one/program/plan.json': JSON.stringify({
        summary: 'x',
        stages: [
          { title: 'x', mode: 'parallel', agents: [{ what: 'x', task: 'x', files: ['a.js'], criteria: ['c'] }] },
        ],
      }),
      'one/program/files/1/a.js': 'export const a = 1\n',
    })
    made.push(directory)
    const own = await startSimulator({ programs: directory })
    try {
      const { cwd } = repository({ 'README.md': 'x\n' })
      const { work, verify } = programmingWith(own.url)
      const assignment = { agent: 'Haiku-1', task: 'x', files: ['a.js'], criteria: ['c'] }
      const first = await work({ cwd, request: 'x', assignment })
      expect([first.said.map(({ tool }) => tool), unmet(first.answer)]).toEqual([['Write'], []])
      const { said, answer } = await verify({ cwd, assignment, messages: first.messages })
      expect(said.map(({ tool, isError }) => [tool, isError])).toEqual([
        ['Read', false],
        ['Bash', false],
        ['Bash', true],
      ])
      expect(unmet(answer)).toEqual(['it fails: exit 3'])
    } finally {
      await own.close()
    }
  })

  it('without a program writes placeholders, beside what is there', async () => {
    const { cwd } = repository({ 'a.ts': 'export const a = 1\n', 'b.json': '{}\n' })
    const files = ['a.ts', 'new/c.py', 'd.json', 'e.unknown']
    const assignment = { agent: 'Haiku-1', task: 'Add everything', files, criteria: ['It is there'] }
    const first = await model.work({ cwd, request: 'Do things', assignment })
    const { answer } = await model.verify({ cwd, assignment, messages: first.messages })
    expect(unmet(answer)).toEqual([])
    for (const file of files) expect(await readFile(join(cwd, file), 'utf8')).toContain('SIMULATED: Add everything')
    expect(JSON.parse(await readFile(join(cwd, 'd.json'), 'utf8'))).toHaveProperty('simulated')
    expect(await readFile(join(cwd, 'a.ts'), 'utf8')).toContain('export const a = 1')
  })
})
