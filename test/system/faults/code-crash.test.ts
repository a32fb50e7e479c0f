// A coding run of eight agents whose worker is killed with SIGKILL at any step of any of its activities, again and again:
// the branch has all of it or nothing at every moment, and in the end every agent's commit once. A few kills here, some
// hundred in a soak.
import { rm } from 'node:fs/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { approve } from '../../../src/contracts/messages.js'
import { mulberry32 } from '../../../src/simulator/seeded-random.js'
import type { Repository } from '../../support/code.js'
import { followCode } from '../../support/code-run.js'
import { TEAM, teamRepository, teamRules } from '../../support/code-team.js'
import { commitsSince, expectCommitted, expectTidy, treesIn } from '../../support/code-whole.js'
import { type Kill, type Lives, livesOf } from '../../support/dying-worker.js'
import { resultOf } from '../../support/run-result.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

const SOAK = process.env.ENSEMBLE_SOAK !== undefined
const SEED = Number(process.env.ENSEMBLE_TEST_SEED ?? Date.now() % 1_000_000)
const RUNS = SOAK ? 40 : 3
const AT_ONCE = 3
/** What happens before agents work, while they do, and after: in their order, with the steps they take at least. */
const EPOCHS: [activity: string, steps: number][][] = [
  // A small step of a dead worker is noticed after a minute: not here.
  [['prepare', 50], ...(SOAK ? [['judgeCodePlan', 8] as [string, number]] : [])],
  [
    ['openWorktree', 200],
    ['prepareThread', 180],
    ['answerTurn', 250],
    ['runTool', 110],
    ['collectWork', 400],
    ['combineWork', 60],
  ],
  [
    ['testWork', 40],
    ['offerWork', 6],
  ],
  [
    ['commitWork', 180],
    ['finishCode', 3],
    ['clearWork', 6],
  ],
]
/** In a test no run is killed in all of them. */
const CHOSEN = [[0, 3], [1], []]
/** Between what is done and its being noted: a tool's file, the branch. */
const EFFECTS: Kill[] = [
  { in: 'runTool', at: 1, like: '^renamed .*/places/code/.*/parts/' },
  { in: 'commitWork', at: 1, like: '^ended: git .* update-ref -m ' },
]
const UNDO_STEPS = 100

let stage: Stage
const made: Repository[] = []
beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  stage.simulator.setRules(teamRules())
})
afterAll(async () => {
  await stage.close()
  for (const { directory } of made) await rm(directory, { recursive: true, force: true })
})

it(
  `${RUNS} runs, each killed whenever: all of it or nothing, and nothing twice (seed ${SEED})`,
  async () => {
    const random = mulberry32(SEED)
    const plans = Array.from({ length: RUNS }, (_, run) => ({
      name: `crash-${run}`,
      kills: run === 2 ? EFFECTS : killsOf(random, SOAK ? [0, 1, 2, 3] : CHOSEN[run]!),
      undoKill: SOAK || run === 1 ? { in: 'undoCode', at: 1 + Math.floor(random() * UNDO_STEPS) } : undefined,
    }))
    const queue = [...plans]
    const work = async () => {
      for (let plan = queue.shift(); plan; plan = queue.shift()) {
        const about = `${plan.name}, killed at ${JSON.stringify([plan.kills, plan.undoKill])}, seed ${SEED}`
        await crashed(plan).catch((cause: unknown) => {
          throw new Error(`${about}: ${cause instanceof Error ? cause.message : cause}`, { cause })
        })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    const kills = plans.flatMap((plan) => [...plan.kills, ...(plan.undoKill ? [plan.undoKill] : [])]).length
    const { posts } = stage.simulator.journal()
    process.stderr.write(`crashes: ${kills} kills, ${posts} requests of ${RUNS} runs\n`)
    // One for each step of planner and agents; and what was in flight at a kill once more.
    expect(posts).toBeLessThanOrEqual(RUNS * 26 + kills * TEAM.length)
  },
  300_000 * (SOAK ? RUNS : 1),
)

function killsOf(random: () => number, epochs: number[]): Kill[] {
  return epochs.map((epoch) => {
    const activities = EPOCHS[epoch]!
    const [activity, steps] = activities[Math.floor(random() * activities.length)]!
    return { in: activity, at: 1 + Math.floor(random() * steps) }
  })
}

type Plan = { name: string; kills: Kill[]; undoKill: Kill | undefined }

async function crashed({ name, kills, undoKill }: Plan): Promise<void> {
  const repo = teamRepository()
  made.push(repo)
  const before = repo.git('rev-parse', 'main')
  const lives = livesOf(stage, name)
  const { taskQueue } = lives
  const handle = await stage.start(
    'code',
    { task: 'the parts', repo: repo.directory, test: 'sh test.sh', allowUnsandboxed: true },
    { id: name, taskQueue },
  )
  const run = followCode(stage, handle)
  void approvingAll(handle, run.result())
  const check = () => expect([0, TEAM.length]).toContain(commitsSince(repo, before))
  await dying(lives, kills, check)
  const worker = await lives.begin()
  const result = await run.result()
  expect(result).toMatchObject({ status: 'completed', tests: { ok: true } })
  expect(result.commits?.map(({ commit }) => commit)).toEqual(
    repo.git('log', '--reverse', '--format=%H', `${before}..main`).split('\n'),
  )
  expectCommitted(repo, before)
  expect(treesIn(lives.home)).toEqual([])
  // Each of the eight has one working tree, and puts its file in place there once.
  const placed = lives.placed()
  expect(new Set(placed).size, placed.join(', ')).toBe(placed.length)
  expect(result.items.map(({ status }) => status)).toEqual(result.items.map(() => 'ok'))
  const log = await run.log()
  expect(log.filter((line) => line.includes('works again'))).toEqual([])
  await verifyHistory(run.handle)
  await verifyHistory(stage.client.workflow.getHandle(`${name}/Haiku-5`))
  if (undoKill) await undone({ handle, name, lives, repo, before, undoKill, worker })
  else await worker.kill()
}

/** A person who says yes to everything, also while there is a worker to ask only now and then. */
async function approvingAll(handle: WorkflowHandle, result: Promise<unknown>): Promise<void> {
  let over = false
  result
    .catch(() => {})
    .finally(() => {
      over = true
    })
  while (!over) {
    const status = await stage.status(handle).catch(() => undefined)
    const open = status?.approvals.filter(({ answer }) => !answer) ?? []
    for (const { digest } of open) await handle.signal(approve, { digest, by: 'north' })
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** A life for each kill; the next begins when it is dead. */
async function dying(lives: Lives, kills: Kill[], check: () => void): Promise<void> {
  for (const kill of kills) {
    const worker = await lives.begin(kill)
    await until(`the kill at ${JSON.stringify(kill)}`, () => !worker.running(), 180)
    expect(await worker.exited).toBeNull() // by the signal
    check()
  }
}

type Undoing = { handle: WorkflowHandle; name: string; lives: Lives; repo: Repository; before: string; undoKill: Kill }

async function undone(undoing: Undoing & { worker: { kill(): Promise<void> } }): Promise<void> {
  const { handle, name, lives, repo, before, undoKill, worker } = undoing
  await worker.kill()
  const { runId: firstRunId } = await handle.describe()
  const root = { workflowId: name, firstRunId }
  const undo = await stage.start(
    'code',
    { undoOf: { root, run: firstRunId } },
    { id: `${name}-undo`, taskQueue: lives.taskQueue },
  )
  const both = 2 * TEAM.length
  await dying(lives, [undoKill], () => expect([TEAM.length, both]).toContain(commitsSince(repo, before)))
  const last = await lives.begin()
  expect(await resultOf(undo)).toMatchObject({ status: 'completed' })
  expect(commitsSince(repo, before)).toBe(both)
  expect(repo.git('rev-parse', 'main^{tree}')).toBe(repo.git('rev-parse', `${before}^{tree}`))
  expectTidy(repo)
  await verifyHistory(undo)
  await last.kill()
}
