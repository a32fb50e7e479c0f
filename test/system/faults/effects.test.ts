// An agent whose worker is killed with SIGKILL at whatever it waits for, again and again: each of its effects happens
// once, whatever a repeat of it would do, and what nobody can know a person is asked. 10 kills at random moments, 200 in
// a soak.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findAudits } from '../../../src/audit/files.js'
import { verifyAudit } from '../../../src/audit/verify.js'
import type { ThreadResult } from '../../../src/contracts/thread.js'
import { mulberry32 } from '../../../src/simulator/seeded-random.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

const KILLS = process.env.ENSEMBLE_SOAK ? 200 : 10
/** Those of earlier lives wait until their worker is noticed to be dead; new ones have work at once. */
const PER_LIFE = 2
const MOST_OPEN = 12
/** Things a worker waits for in a life. An agent takes some 300: about as many come to their end as are begun. */
const LONGEST_LIFE = 600
/** A worker that lives still has too little to do. */
const IDLE_MS = 3_000
const SEED = Number(process.env.ENSEMBLE_TEST_SEED ?? Date.now() % 1_000_000)
const MINUTE_MS = 60_000
const MAIN = new URL('../../support/effects-worker.mjs', import.meta.url).pathname
const TOOLS = ['pay', 'book', 'set']

let stage: Stage
let effectsFile: string
let asked = 0
beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  effectsFile = join(stage.home, 'effects')
  await writeFile(effectsFile, '')
  const uses = (what: string) => TOOLS.map((name) => ({ type: 'tool_use' as const, name, input: { what } }))
  stage.simulator.setRules([
    { match: { prompt: '/^begin/' }, reply: { blocks: uses('first') } },
    { match: { prompt: '/first/' }, reply: { blocks: uses('second') } },
    { reply: { text: 'done' } },
  ])
})
afterAll(() => stage?.close())

it(
  `every effect happens once over ${KILLS} kills (seed ${SEED})`,
  async () => {
    const random = mulberry32(SEED)
    const agents: WorkflowHandle[] = []
    const open = new Set<WorkflowHandle>()
    let kills = 0
    const begin = async () => {
      const agent = await stage.start('thread', {
        agent: { name: 'worker', prompt: 'You work.', tools: TOOLS, permissions: { allow: TOOLS } },
        stream: false,
        task: `begin ${agents.length}`,
      })
      agents.push(agent)
      open.add(agent)
      void answering(agent, open)
      void agent.result().finally(() => open.delete(agent))
    }
    for (;;) {
      const last = kills >= KILLS
      for (let count = last ? 0 : PER_LIFE; count > 0 && open.size < MOST_OPEN; count--) await begin()
      // The first dies while it prepares an agent.
      const life = kills === 0 ? 1 : 1 + Math.floor(random() * LONGEST_LIFE)
      const worker = await stage.addWorker({
        main: MAIN,
        env: { ENSEMBLE_TEST_EFFECTS: effectsFile, ...(!last && { ENSEMBLE_TEST_KILL_AT: String(life) }) },
      })
      if (last) break
      while (worker.running()) {
        await Promise.race([worker.exited, new Promise((resolve) => setTimeout(resolve, IDLE_MS))])
        if (worker.running() && open.size < MOST_OPEN) await begin()
      }
      expect(await worker.exited).toBeNull() // by the signal
      kills++
    }
    await until('all agents to be done', () => open.size === 0, 120)
    const effects = (await readFile(effectsFile, 'utf8')).trim().split('\n')
    const count = (prefix: string) => effects.filter((line) => line.startsWith(prefix)).length
    expect(new Set(effects).size).toBe(effects.length)
    for (const name of TOOLS)
      for (const what of ['first', 'second'])
        expect([name, what, count(`${name} ${what} `)]).toEqual([name, what, agents.length])
    for (const agent of agents) {
      const result: ThreadResult = await agent.result()
      expect(result).toMatchObject({ status: 'completed', answer: 'done' })
      const [audit] = await findAudits(join(stage.home, 'store'), agent.workflowId)
      expect(verifyAudit(audit?.text ?? '', agent.workflowId, result.audit && [result.audit], true)).toEqual({
        ok: true,
        ...result.audit,
      })
    }
    for (const agent of agents.slice(0, 5)) await verifyHistory(agent)
    process.stderr.write(
      `effects: ${kills} kills, ${agents.length} agents, ${effects.length} effects, ${asked} asked\n`,
    )
    // Rarely not one of ten kills comes while money is on its way; of two hundred many do.
    if (KILLS >= 200) expect(asked).toBeGreaterThan(5)
  },
  3 * MINUTE_MS + KILLS * 10_000,
)

/** A person who looks whether it happened, and says so or wants it done, until the agent is done. */
async function answering(agent: WorkflowHandle, open: Set<WorkflowHandle>): Promise<void> {
  const before = new Set<string>()
  while (open.has(agent)) {
    const status = await stage.status(agent).catch(() => undefined) // its worker is dead just now
    for (const { name, unknown, digest, answer } of status?.approvals ?? []) {
      if (!unknown || answer || before.has(name)) continue
      before.add(name)
      const happened = (await readFile(effectsFile, 'utf8')).includes(digest.replace('.unknown', ''))
      await agent.signal('approve', { digest, by: 'ann', ...(!happened && { input: { again: true } }) })
      asked += 1
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
