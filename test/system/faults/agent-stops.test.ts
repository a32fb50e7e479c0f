// Agents stopped at any moment of their work: each ends, nothing of it begins afterwards, what it did and cost is kept.
// 24 in a test, 200 in a soak.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findAudits } from '../../../src/audit/files.js'
import { entriesOf, verifyAudit } from '../../../src/audit/verify.js'
import type { ThreadResult } from '../../../src/contracts/thread.js'
import { mulberry32 } from '../../../src/simulator/seeded-random.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

const AGENTS = process.env.ENSEMBLE_SOAK ? 200 : 24
const AT_ONCE = 6
/** What an agent takes beside the others, or somewhat more. */
const LONGEST_MS = 1_500
const SEED = Number(process.env.ENSEMBLE_TEST_SEED ?? Date.now() % 1_000_000)
const MAIN = new URL('../../support/effects-worker.mjs', import.meta.url).pathname
const TOOLS = ['pay', 'book', 'set']

let stage: Stage
let effectsFile: string

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  effectsFile = join(stage.home, 'effects')
  await writeFile(effectsFile, '')
  await stage.addWorker({ main: MAIN, env: { ENSEMBLE_TEST_EFFECTS: effectsFile } })
  const uses = (what: string) => TOOLS.map((name) => ({ type: 'tool_use' as const, name, input: { what } }))
  stage.simulator.setRules([
    ...Array.from({ length: AGENTS }, (_, number) => [
      { match: { prompt: `/^begin ${number}$/` }, reply: { delayMs: 200, blocks: uses(`first-${number}-`) } },
      { match: { prompt: `first-${number}-` }, reply: { delayMs: 200, blocks: uses(`second-${number}-`) } },
    ]).flat(),
    { reply: { text: 'word '.repeat(200), tokensPerSecond: 400 } },
  ])
})
afterAll(() => stage?.close())

/** Lines of its effects. */
const effectsOf = async (number: number) =>
  (await readFile(effectsFile, 'utf8')).split('\n').filter((line) => line.includes(`-${number}- `))

async function stopped(run: WorkflowHandle, how: 'interrupt' | 'cancel', after: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, after))
  // One that is over by then says so.
  const sent = await (how === 'cancel' ? run.cancel() : run.signal('interrupt')).then(
    () => true,
    () => false,
  )
  const end = await until(`${run.workflowId}, ${how} after ${after} ms, to be over`, async () => {
    const { status } = await run.describe()
    return status.name !== 'RUNNING' && status.name
  })
  if (end !== 'COMPLETED') return end
  const { status, usd, usage }: ThreadResult = await run.result()
  expect(sent ? ['interrupted', 'completed'] : ['completed'], run.workflowId).toContain(status)
  expect((usd ?? 0) > 0, `${run.workflowId} cost something where the model said something`).toBe(usage.outputTokens > 0)
  return status
}

it(`${AGENTS} agents, stopped whenever, end and begin nothing more (seed ${SEED})`, async () => {
  const random = mulberry32(SEED)
  const plans = Array.from({ length: AGENTS }, (_, number) => ({
    number,
    how: random() < 0.5 ? ('interrupt' as const) : ('cancel' as const),
    after: Math.floor(random() * LONGEST_MS),
  }))
  const ends: string[] = []
  const queue = [...plans]
  const work = async () => {
    for (let plan = queue.shift(); plan; plan = queue.shift()) {
      const { number, how, after } = plan
      const run = await stage.start('thread', {
        agent: { name: 'worker', prompt: 'You work.', tools: TOOLS, permissions: { allow: TOOLS } },
        stream: false,
        task: `begin ${number}`,
      })
      ends.push(await stopped(run, how, after))
      const effects = await effectsOf(number)
      const about = `${how} after ${after} ms`
      const [audit] = await findAudits(join(stage.home, 'store'), run.workflowId)
      // Stopped before anything was begun there is none.
      if (audit) {
        expect(verifyAudit(audit.text, run.workflowId).ok, about).toBe(true)
        const entries = entriesOf(audit.text) as { type: string; outcome?: string }[]
        // What comes while it ends is refused, and that is noted behind its end.
        expect(entries.filter(({ type }) => type !== 'refused').at(-1)?.type, about).toBe('session_end')
        expect(entries.filter(({ type }) => type === 'tool').length, about).toBeGreaterThanOrEqual(effects.length)
      } else expect(effects, about).toEqual([])
      if (number % 10 === 0) await verifyHistory(run)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await until('every request to be closed', () => stage.simulator.journal().inFlight === 0)
  const [before, posts] = [await readFile(effectsFile, 'utf8'), stage.simulator.journal().posts]
  // As long as an agent works on between two of its steps.
  await new Promise((resolve) => setTimeout(resolve, 2000))
  expect(await readFile(effectsFile, 'utf8')).toBe(before)
  expect(stage.simulator.journal().posts).toBe(posts)
  const inTime = ends.filter((end) => end !== 'completed')
  process.stderr.write(`stops: ${inTime.length} of ${AGENTS} came in time\n`)
  expect(inTime.length).toBeGreaterThan(0)
  expect(['CANCELLED', 'interrupted']).toEqual(expect.arrayContaining([...new Set(inTime)]))
})
