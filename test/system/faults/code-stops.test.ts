// A coding run that is interrupted or cancelled at any moment: the branch is as it was or has all of it, nothing is left
// beside it, and a rerun goes on where each agent was.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RuleInput } from '../../../src/simulator/rules.js'
import { mulberry32 } from '../../../src/simulator/seeded-random.js'
import { makeRepository, type Repository } from '../../support/code.js'
import { type CodeRun, followCode, startCode } from '../../support/code-run.js'
import { assigned, PROGRAMMER } from '../../support/code-team.js'
import { expectTidy, treesIn } from '../../support/code-whole.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

const STOPS = process.env.ENSEMBLE_SOAK ? 60 : 6
/** As long as one takes beside the others, or somewhat longer. */
const LONGEST_MS = 9_000
const SEED = Number(process.env.ENSEMBLE_TEST_SEED ?? Date.now() % 1_000_000)
const SLOW_MS = 60_000

let stage: Stage
const made: Repository[] = []
beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await stage.close()
  for (const { directory } of made) await rm(directory, { recursive: true, force: true })
})

const write = (file_path: string, content: string) => ({
  blocks: [{ type: 'tool_use' as const, name: 'Write', input: { file_path, content } }],
})
const DONE = { json: { work: 'done', criteria: [] } }
const AGAIN = 'An earlier attempt at it'

/** The second agent writes two files, the second one late. `slow`: whoever's last word before the verification is. */
function rules({ slow }: { slow?: 2 | 3 }): RuleInput[] {
  const rule = (prompt: string, reply: RuleInput extends infer R ? (R & { reply?: object })['reply'] : never) =>
    ({ match: { system: PROGRAMMER, prompt }, reply }) as RuleInput
  const late = { delayMs: SLOW_MS }
  return [
    rule(assigned(1), write('one.txt', '1\n')),
    rule(`/${assigned(2)}[^]*${AGAIN}/`, write('two-a.txt', 'better\n')),
    rule(assigned(2), write('two-a.txt', '2a\n')),
    rule('two-a.txt', { ...write('two-b.txt', '2b\n'), ...(slow === 2 && late) }),
    rule(assigned(3), write('three.txt', '3\n')),
    rule('three.txt', { ...DONE, ...(slow === 3 && late) }),
    rule('/./', DONE),
  ]
}

const agent = (files: string[]) => ({ what: files.join(' and '), task: `write ${files.join(', ')}`, files })
const PLAN = { stages: [{ agents: [agent(['one.txt']), agent(['two-a.txt', 'two-b.txt']), agent(['three.txt'])] }] }

function repository(): Repository {
  const repo = makeRepository({ 'README.md': 'A\n' })
  made.push(repo)
  return repo
}

const starting = (repo: Repository, more: object = {}) =>
  startCode(stage, {
    ...{ task: 'three', repo: repo.directory, plan: PLAN, test: false, confirm: 'never', concurrency: 1 },
    ...more,
  })

async function rerun({ handle }: CodeRun, root?: { workflowId: string; firstRunId: string }) {
  const { runId } = await handle.describe()
  const own = root ?? { workflowId: handle.workflowId, firstRunId: runId }
  const rerunOf = { root: own, run: runId, confirm: 'never' }
  return { run: followCode(stage, await stage.start('code', { rerunOf })), root: own }
}

/** @returns once the nth agent's thread waits for its slow answer. */
const atWork = (posts: number) =>
  until(
    `${posts} requests`,
    () => stage.simulator.journal().posts === posts && stage.simulator.journal().inFlight === 1,
  )

function expectUntouched(repo: Repository, before: string): void {
  expect(repo.git('rev-parse', 'main')).toBe(before)
  expectTidy(repo, { refs: true })
  expect(treesIn(stage.home)).toEqual([])
}

it('interrupted in mid-stage, twice, and finished by reruns: who was done is not asked again, who was at work goes on', async () => {
  const repo = repository()
  const before = repo.git('rev-parse', 'main')
  stage.simulator.setRules(rules({ slow: 2 }))
  stage.simulator.resetJournal()
  const first = await starting(repo)
  await atWork(5)
  await first.handle.signal('interrupt')
  const stopped = await first.result()
  expect(stopped.status).toBe('interrupted')
  const ends = (of: typeof stopped) => of.items.map(({ id, status }) => `${id} ${status}`)
  expect(ends(stopped)).toEqual(['Haiku-1 ok', 'Haiku-2 interrupted', 'Haiku-3 skipped', 'commit skipped'])
  expectUntouched(repo, before)

  stage.simulator.setRules(rules({ slow: 3 }))
  stage.simulator.resetJournal()
  const { run: second, root } = await rerun(first)
  await atWork(6)
  await second.handle.signal('interrupt')
  const stoppedAgain = await second.result()
  expect(ends(stoppedAgain)).toEqual(['Haiku-1 ok', 'Haiku-2 ok', 'Haiku-3 interrupted', 'commit skipped'])
  expectUntouched(repo, before)

  stage.simulator.setRules(rules({}))
  stage.simulator.resetJournal()
  const { run: third } = await rerun(second, root)
  const asked = await third.approve('work')
  expect(asked.lines).toContain('  created two-a.txt (+1 −0)')
  const result = await third.result()
  expect(result).toMatchObject({ status: 'completed' })
  expect(stage.simulator.journal().posts).toBe(3)
  expect(repo.git('log', '--reverse', '--format=%s', `${before}..main`).split('\n')).toEqual([
    '[Haiku-1] one.txt',
    '[Haiku-2] two-a.txt and two-b.txt',
    '[Haiku-3] three.txt',
  ])
  const read = (name: string) => readFileSync(join(repo.directory, name), 'utf8')
  expect(['one.txt', 'two-a.txt', 'two-b.txt', 'three.txt'].map(read)).toEqual(['1\n', 'better\n', '2b\n', '3\n'])
  expectTidy(repo)
  expect(treesIn(stage.home)).toEqual([])
  for (const { handle } of [first, second, third]) await verifyHistory(handle)
})

it('interrupted while it asks about the plan or the work, it ends and has changed nothing', async () => {
  stage.simulator.setRules(rules({}))
  await Promise.all(
    ['plan', 'work'].map(async (question) => {
      const repo = repository()
      const before = repo.git('rev-parse', 'main')
      const run = await starting(repo, { confirm: 'always', concurrency: 3 })
      if (question === 'work') await run.approve('plan')
      await run.asked(question)
      await run.handle.signal('interrupt')
      expect((await run.result()).status).toBe('interrupted')
      expect(repo.git('rev-parse', 'main')).toBe(before)
      expectTidy(repo, { refs: true })
      await verifyHistory(run.handle)
    }),
  )
  expect(treesIn(stage.home)).toEqual([])
})

it('interrupted while the tests run: their processes end, and nothing is committed', async () => {
  const repo = repository()
  const before = repo.git('rev-parse', 'main')
  stage.simulator.setRules(rules({}))
  const pidFile = join(stage.home, 'test.pid')
  const run = await starting(repo, { concurrency: 3, test: `echo $$ > ${pidFile}; sleep 600 & wait` })
  await until('the tests to run', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'))
  const pid = Number(readFileSync(pidFile, 'utf8'))
  await run.handle.signal('interrupt')
  const result = await run.result()
  expect(result.status).toBe('interrupted')
  expect(result.items.find(({ id }) => id === 'tests')?.status).toBe('interrupted')
  expect(alive(pid)).toEqual([])
  expectUntouched(repo, before)
})

it('interrupted while it commits, it has committed all of it', async () => {
  const repo = repository()
  const before = repo.git('rev-parse', 'main')
  stage.simulator.setRules(rules({}))
  const [begun, go] = ['begun', 'go'].map((name) => join(stage.home, `hook-${name}`)) as [string, string]
  const hook = `#!/bin/sh\ntouch ${begun}\nwhile [ ! -e ${go} ]; do sleep 0.1; done\n`
  await writeFile(join(repo.directory, '.git/hooks/pre-commit'), hook, { mode: 0o755 })
  const run = await starting(repo, { concurrency: 3, hooks: true })
  await run.approve('work')
  await until('the hook to run', () => existsSync(begun))
  await run.handle.signal('interrupt')
  await until('the interruption to be noted', async () => {
    const history = await run.handle.fetchHistory()
    return history.events?.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'interrupt')
  })
  await writeFile(go, '')
  expect(await run.result()).toMatchObject({ status: 'completed' })
  expect(repo.git('rev-list', '--count', `${before}..main`)).toBe('3')
  expectTidy(repo)
})

it(
  `${STOPS} runs, interrupted or cancelled whenever: before or after, and nothing left (seed ${SEED})`,
  async () => {
    const random = mulberry32(SEED)
    stage.simulator.setRules(rules({}))
    const ends: string[] = []
    const queue = Array.from({ length: STOPS }, () => ({
      how: random() < 0.3 ? ('interrupt' as const) : ('cancel' as const),
      after: Math.floor(random() * LONGEST_MS),
    }))
    const work = async () => {
      for (let stop = queue.shift(); stop; stop = queue.shift()) {
        const { how, after } = stop
        const about = `${how} after ${after} ms`
        const repo = repository()
        const before = repo.git('rev-parse', 'main')
        const run = await starting(repo, { concurrency: 3, test: 'true' })
        run.result().catch(() => {})
        const approving = run.approve('work').catch(() => {}) // it may never ask
        await new Promise((resolve) => setTimeout(resolve, after))
        await (how === 'cancel' ? run.handle.cancel() : run.handle.signal('interrupt')).catch(() => {}) // it may be over
        const end = await until(`${about}: its end`, () => ended(run.handle), 90)
        await approving
        ends.push(end)
        expect([0, 3], about).toContain(Number(repo.git('rev-list', '--count', `${before}..main`)))
        expectTidy(repo, { refs: true })
      }
    }
    await Promise.all(Array.from({ length: 3 }, work))
    await until('every request to be closed', () => stage.simulator.journal().inFlight === 0)
    expect(treesIn(stage.home)).toEqual([])
    process.stderr.write(`stops: ${ends.join(', ')}\n`)
    expect(ends.filter((end) => end !== 'COMPLETED').length).toBeGreaterThan(0)
  },
  120_000 * (STOPS / 6),
)

/** Of a process group; what is dead and waits for its parent is not. */
function alive(group: number): string[] {
  const all = execFileSync('ps', ['-eo', 'pgid=,stat=,args='], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => Number(/^ *(\d+)/.exec(line)?.[1]) === group && !/^ *\d+ +Z/.test(line))
}

async function ended(handle: WorkflowHandle): Promise<string | false> {
  const { status } = await handle.describe()
  return status.name !== 'RUNNING' && status.name
}
