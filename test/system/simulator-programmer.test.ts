// The simulated planner and programmers over HTTP, with the real SDK and the real tools in real directories.
import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../src/simulator/index.js'
import { CODE_TASKS, type CodeTask, makeRepository, programs, runTests } from '../support/code.js'
import { assignmentsOf, type Programming, programmingWith, type Report } from '../support/programming.js'

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

const unmet = ({ criteria }: Report) => criteria.filter(({ met }) => !met).map(({ shown }) => shown)

/** Plans, and lets every agent work and verify, one after the other in one directory. */
async function whole(task: CodeTask, said = '') {
  const request = CODE_TASKS[task] + said
  const { cwd, files, git } = repository(task)
  const plan = (await model.plan({ cwd, request, files })).answer
  const ends = []
  for (const assignment of assignmentsOf(plan)) {
    const first = await model.work({ cwd, request, assignment })
    if (first.stopReason !== 'end_turn') {
      ends.push({ assignment, said: first.said, report: undefined, stopReason: first.stopReason })
      continue
    }
    const { answer, said } = await model.verify({ cwd, assignment, messages: first.messages })
    ends.push({ assignment, said: [...first.said, ...said], report: answer, stopReason: 'end_turn' })
  }
  return { cwd, git, request, plan, ends }
}

const again = {
  tests: (output: string) =>
    `\n\nYou have worked on it already; your files are as you left them. Put together with the others, the tests fail:\n\n<note>\nThe tests fail.\n</note>\n\n<output>\n${output}\n</output>`,
}

describe.each(Object.keys(CODE_TASKS) as CodeTask[])('the programmers of %s', (task) => {
  it('do what is planned, in their own files, and its tests pass', async () => {
    const { cwd, git, ends, plan } = await whole(task)
    expect(plan.summary).toContain('SIMULATED')
    for (const { report } of ends) expect(unmet(report as Report)).toEqual([])
    const written = git('status', '--porcelain', '-uall')
      .split('\n')
      .map((line) => line.slice(-1 * (line.length - 2)).trim())
    const owned = new Set(ends.flatMap(({ assignment }) => assignment.files))
    expect(written.filter((file) => !file.includes('__pycache__')).sort()).toEqual([...owned].sort())
    const tests = runTests(cwd, task)
    expect(tests.output).toMatch(/pass|OK/)
    expect(tests.passed).toBe(true)
  })
})

describe('a programmer with a vice', () => {
  it('breaks a test, is told so, and repairs its file', async () => {
    const { cwd, request, ends } = await whole('auth', '\nSIMULATED: agent 2 breaks a test')
    const { passed, output } = runTests(cwd, 'auth')
    expect(passed).toBe(false)
    for (const { assignment } of ends) {
      const repaired = await model.work({ cwd, request, assignment, more: again.tests(output) })
      const changes = repaired.said
        .filter(({ tool }) => tool === 'Write' || tool === 'Edit')
        .map(({ input }) => input.file_path)
      expect(changes).toEqual(assignment.agent === 'Haiku-2' ? ['auth/jwt.js'] : [])
    }
    expect(runTests(cwd, 'auth').passed).toBe(true)
  })

  it('breaks a test and hides it: says all is met, before and after it is told', async () => {
    const { cwd, request, ends } = await whole('auth', '\nSIMULATED: agent 2 breaks a test and hides it')
    const { assignment, report } = ends[1]!
    expect(unmet(report!)).toEqual([])
    const told = await model.work({ cwd, request, assignment, more: again.tests('it fails') })
    expect(unmet(told.answer)).toEqual([])
    expect(runTests(cwd, 'auth').passed).toBe(false)
  })
})
