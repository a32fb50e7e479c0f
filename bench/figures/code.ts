// Coding runs at the pace of real models: what working side by side saves against the same plan one agent after the other,
// what smaller models save, and what a run costs around its models and its tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROGRAMS, repositoryOf, teamOf } from '../code/repository.js'
import { type CodeRan, codeRun, type Span, uncovered } from '../code/run.js'
import { median, print, round } from '../figure.js'
import { type BenchStage, openStage, type StageOptions } from '../stage.js'

/** `claimed`: percent of time that the table of the document this follows says is saved. */
const TASKS = [
  { name: 'auth', task: 'Implement user authentication with JWT, password hashing, and tests', agents: 6, claimed: 50 },
  { name: 'rest-api', task: 'Create a REST API with validation, error handling, and tests', agents: 7, claimed: 44 },
  { name: 'caching', task: 'Add caching with Redis and in-memory fallback, tags, and tests', agents: 6, claimed: 50 },
  { name: 'chat', task: 'Build WebSocket chat with rooms, typing indicators, and presence', agents: 8, claimed: 45 },
]
const WANTED_PERCENT = 47
const MANY = 30
const LINES = 100
const ROUNDS = 3

export async function code(temporal: string): Promise<void> {
  await withWorker(temporal, { latency: 'real', programs: PROGRAMS }, sideBySide)
  await withWorker(temporal, { programs: PROGRAMS }, orchestration)
  await manyAgents(temporal)
}

async function withWorker(
  temporal: string,
  options: StageOptions,
  measure: (stage: BenchStage) => Promise<void>,
): Promise<void> {
  const stage = await openStage(temporal, options)
  try {
    const worker = await stage.startWorker()
    await measure(stage)
    await worker.stop()
  } finally {
    await stage.close()
  }
}

type Task = (typeof TASKS)[number]

function run(stage: BenchStage, { name, task, agents }: Task, id: string, more: object = {}): Promise<CodeRan> {
  const repo = repositoryOf(stage.home, name)
  return codeRun(stage, { id: `code-${name}-${process.pid}-${id}`, commits: agents, task, repo, ...more })
}

/** From the approval of the plan until the work, tested, is put before a person. */
const workMs = ({ approvedAt, offeredAt }: CodeRan) => offeredAt - approvedAt
/** But for what a person took to answer. */
const wholeMs = ({ startedAt, closedAt, waitedMs }: CodeRan) => closedAt - startedAt - waitedMs
const percent = (now: number, then: number) => round(100 * (1 - now / then), 1)

async function sideBySide(stage: BenchStage): Promise<void> {
  const saved: { work: number; whole: number }[] = []
  for (const task of TASKS) {
    const together = await run(stage, task, 'together')
    const oneByOne = await run(stage, task, 'one-by-one', { concurrency: 1 })
    const work = percent(workMs(together), workMs(oneByOne))
    const whole = percent(wholeMs(together), wholeMs(oneByOne))
    saved.push({ work, whole })
    print({
      figure: `code, ${task.name}, ${task.agents} agents: time saved against the same plan at concurrency 1`,
      value: work,
      unit: '%',
      wanted: task.claimed,
      bound: 'least',
      baseline: {
        'work, s': seconds(workMs(together)),
        'one after the other, s': seconds(workMs(oneByOne)),
        'whole run with planning and commits, s': seconds(wholeMs(together)),
        'the same one after the other, s': seconds(wholeMs(oneByOne)),
        'of it saved, %': whole,
      },
    })
    printCost(task, together)
  }
  const mean = (of: 'work' | 'whole') => round(saved.reduce((sum, one) => sum + one[of], 0) / saved.length, 1)
  print({
    figure: 'code, the four tasks: time saved on average',
    value: mean('work'),
    unit: '%',
    wanted: WANTED_PERCENT,
    bound: 'least',
    baseline: { 'of whole runs, %': mean('whole') },
  })
}

function printCost({ name }: Task, { result }: CodeRan): void {
  const { tokens, savings, usd } = result
  const { model, usd: spent, plannedUsd } = savings.cost
  const sum = (of: 'inputTokens' | 'outputTokens') => tokens.reduce((all, one) => all + one[of], 0)
  print({
    figure: `code, ${name}: dollars saved against the same tokens on ${model}`,
    value: percent(spent, plannedUsd),
    unit: '%',
    wanted: 0,
    bound: 'least',
    baseline: {
      'agents, $': round(spent, 4),
      'the same, planning model, $': round(plannedUsd, 4),
      'with planning, $': round(usd, 4),
      'tokens of prompts': sum('inputTokens'),
      'tokens of answers': sum('outputTokens'),
    },
  })
}

async function orchestration(stage: BenchStage): Promise<void> {
  const [task] = TASKS.slice(-1)
  if (!task) throw new Error('there is no task')
  const around: number[] = []
  const models: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    await stage.reset()
    const ran = await run(stage, task, `overhead-${round}`)
    const { requests } = await stage.journal()
    const asked = requests.map(({ at, endedAt = at }): Span => ({ from: at, to: endedAt }))
    const span = { from: ran.startedAt, to: ran.committedAt }
    around.push(uncovered(span, [...asked, ...ran.tests]) - ran.waitedMs)
    models.push(span.to - span.from - uncovered(span, asked))
  }
  print({
    figure: `code, ${task.agents} agents, 0 ms model: start to commits without models and tests`,
    value: seconds(median(around.slice(1))),
    unit: 's',
    wanted: 10,
    bound: 'most',
    baseline: {
      'least, s': seconds(Math.min(...around)),
      'most, s': seconds(Math.max(...around)),
      'simulator at work, s': seconds(median(models)),
    },
  })
}

async function manyAgents(temporal: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'ensemble-team-'))
  try {
    const { programs, repository, request, plan } = teamOf(home, { agents: MANY, lines: LINES })
    await withWorker(temporal, { latency: 'real', programs }, async (stage) => {
      const input = { task: request, repo: repository, plan, concurrency: MANY, commits: MANY }
      const ran = await codeRun(stage, { id: `code-many-${process.pid}`, ...input })
      const setUp = Math.max(...ran.agents.map(({ from }) => from)) - ran.approvedAt
      const slowest = Math.max(...ran.agents.map(({ from, to }) => to - from))
      print({
        figure: `code, ${MANY} agents in one stage: work / (slowest agent + set-up)`,
        value: round(workMs(ran) / (slowest + setUp), 2),
        unit: 'ratio',
        wanted: 1.2,
        bound: 'most',
        baseline: {
          'work, s': seconds(workMs(ran)),
          'slowest agent, s': seconds(slowest),
          'fastest agent, s': seconds(Math.min(...ran.agents.map(({ from, to }) => to - from))),
          'set-up: until the last agent works, s': seconds(setUp),
        },
      })
    })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

const seconds = (ms: number) => round(ms / 1000, 1)
