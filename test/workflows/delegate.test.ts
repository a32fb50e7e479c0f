// An agent plans, others work on the parts at once, one call puts the answers together, and whatever goes wrong with one
// of them is said, kept and paid once.

import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DelegateResult, TaskTree } from '../../src/contracts/delegate.js'
import type { RerunOf } from '../../src/contracts/plan.js'
import { isTextRef } from '../../src/contracts/refs.js'
import type { DelegateInput } from '../../src/contracts/schemas/index.js'
import { failureOf, resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { inFlight, verifyHistory } from '../support/verify.js'

type PlanPart = { id: string; task: string; delegate?: boolean }
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.simulator.setRules([])
  stage.simulator.resetJournal()
})

const start = (input: DelegateInput) => stage.start('delegate', { confirm: 'never', ...input })
const result = async (handle: WorkflowHandle) => (await resultOf(handle)) as DelegateResult
const PLANNER = '/You plan how a team/'
const INTEGRATOR = '/You integrate/'
const plan = (prompt: string, parts: PlanPart[], more: object = {}) => ({
  match: { system: PLANNER, prompt, ...more },
  reply: { json: { parts } },
})
const part = (id: string, more: object = {}): PlanPart => ({ id, task: `do ${id}`, ...more })
const worker = (id: string, reply: object = { text: `${id} is done` }) => ({ match: { prompt: `/^do ${id}/` }, reply })
const posts = () => stage.simulator.journal().requests.map(({ promptHead }) => promptHead)
const statuses = ({ items }: DelegateResult) => items.map(({ id, status }) => [id, status])
const textOf = (text: unknown): string => {
  if (typeof text !== 'string') throw new Error(`wanted the text itself, got ${JSON.stringify(text)}`)
  return text
}
const rerunOf = async (handle: WorkflowHandle, more: Partial<RerunOf> = {}) => {
  const root = { workflowId: handle.workflowId, firstRunId: (await handle.describe()).runId }
  return stage.start('delegate', { rerunOf: { root, run: root.firstRunId, ...more } })
}
const asked = (handle: WorkflowHandle, count = 1) =>
  until('the question', async () => {
    const { approvals } = await stage.status(handle)
    const last = approvals.at(-1)
    return approvals.length >= count && last && !last.answer && last
  })

describe('a delegation', () => {
  it('plans, works on parts that may be split again, and integrates; its cost is that of all of them', async () => {
    stage.simulator.setRules([
      plan('/^whole one/', [part('aa'), part('bb', { delegate: true })]),
      plan('/^do bb/', [part('cc'), part('dd', { delegate: true })]),
      worker('aa'),
      worker('cc'),
      worker('dd'),
      { match: { system: INTEGRATOR, prompt: '/whole one/' }, reply: { text: 'the whole answer' } },
      { match: { system: INTEGRATOR, prompt: '/do bb/' }, reply: { text: 'bb is put together' } },
    ])
    const handle = await start({ task: 'whole one' })
    const { status, answer, tree, items, usd, usage } = await result(handle)
    expect(status).toBe('completed')
    expect(answer).toBe('the whole answer')
    expect(items.map(({ id }) => id)).toEqual(['aa', 'bb', 'plan', 'integrate'])
    expect(tree).toMatchObject({
      id: 'task',
      task: 'whole one',
      status: 'ok',
      answer: 'the whole answer',
      parts: [
        { id: 'aa', status: 'ok', answer: 'aa is done' },
        {
          id: 'bb',
          status: 'ok',
          answer: 'bb is put together',
          // Depth 2: dd wanted to be split again and is one call.
          parts: [
            { id: 'bb/cc', answer: 'cc is done' },
            { id: 'bb/dd', answer: 'dd is done' },
          ],
        },
      ],
    })
    expect(posts()).toHaveLength(7)
    expect(usd).toBeCloseTo(
      items.reduce((sum, item) => sum + (item.usd ?? Number.NaN), 0),
      6,
    )
    const sent = stage.simulator.journal().requests
    expect(usage.outputTokens).toBe(sent.reduce((sum, { usage }) => sum + (usage?.output_tokens ?? 0), 0))
    const child = stage.client.workflow.getHandle(`${handle.workflowId}/bb/dd`)
    expect((await child.describe()).memo).toMatchObject({ status: 'completed' })
    await verifyHistory(handle)
    await verifyHistory(stage.client.workflow.getHandle(`${handle.workflowId}/bb`))
  })

  it('asks for another plan with the reasons until one passes', async () => {
    stage.simulator.setRules([
      plan('/An earlier plan was/', [part('aa'), part('bb')]),
      plan('/^whole two/', [part('aa'), { id: 'bb', task: ' Whole  TWO ' }]),
      worker('aa'),
      worker('bb'),
    ])
    const done = await result(await start({ task: 'whole two' }))
    expect(done.status).toBe('completed')
    const planning = done.items.find(({ id }) => id === 'plan')
    expect(planning).toMatchObject({ status: 'ok', attempts: 2 })
    expect(planning?.warnings.join()).toMatch(/part "bb" is the task itself/)
    expect(posts()).toHaveLength(5)
  })

  it('answers in one call, and says so, when no plan passes', async () => {
    stage.simulator.setRules([
      { match: { system: PLANNER, prompt: 'whole three' }, reply: { json: { parts: [part('aa'), part('aa')] } } },
      { match: { prompt: 'whole three' }, reply: { text: 'all by one' } },
    ])
    const { status, answer, tree, items } = await result(await start({ task: 'whole three' }))
    expect({ status, answer }).toEqual({ status: 'completed', answer: 'all by one' })
    expect(tree?.note).toMatch(/not split: no plan passed after 3: part "aa" is there twice/)
    expect(items.find(({ id }) => id === 'plan')).toMatchObject({ attempts: 3 })
    expect(posts()).toHaveLength(4)
  })

  it('names a part that failed, in the prompt of the integrator, the answer and the tree; a rerun pays for it alone', async () => {
    const rules = [
      plan('/^whole four/', [part('aa', { delegate: true }), part('bb'), part('cc')]),
      plan('/^do aa/', [part('dd'), part('ee')]),
      worker('cc'),
      worker('dd'),
      worker('ee'),
      { match: { system: INTEGRATOR, prompt: 'whole four' }, reply: { text: 'put together' } },
    ]
    stage.simulator.setRules([
      ...rules,
      { match: { prompt: '/^do bb/' }, fault: { kind: '400', message: 'bb cannot' } },
    ])
    const handle = await start({ task: 'whole four' })
    const first = await result(handle)
    expect(first.status).toBe('partial')
    expect(statuses(first)).toContainEqual(['bb', 'error'])
    expect(textOf(first.answer)).toMatch(/^put together[\s\S]*\*\*bb\*\*: error: bb cannot/)
    expect(first.tree).toMatchObject({ status: 'partial', parts: [{ id: 'aa' }, { id: 'bb', status: 'error' }, {}] })
    const integrating = stage.simulator.journal().requests.at(-1)
    expect(integrating?.promptHead).toMatch(/^The whole task:/)
    stage.simulator.setRules([...rules, worker('bb')])
    stage.simulator.resetJournal()
    const again = await result(await rerunOf(handle))
    expect(again.status).toBe('completed')
    // The part that had failed, and the integration that now has its answer.
    expect(posts().map((head) => head.slice(0, 9))).toEqual(['do bb', 'The whole'])
    stage.simulator.resetJournal()
    const third = await result(await rerunOf(handle))
    expect(third).toMatchObject({ status: 'completed', usd: 0, answer: 'put together' })
    expect(posts()).toEqual([])
  })

  it('puts the answers together by code when the integration fails', async () => {
    stage.simulator.setRules([
      plan('/^whole five/', [part('aa'), part('bb')]),
      worker('aa'),
      worker('bb'),
      { match: { system: INTEGRATOR }, fault: { kind: '400', message: 'no' } },
    ])
    const { status, answer } = await result(await start({ task: 'whole five' }))
    expect(status).toBe('partial')
    expect(textOf(answer)).toMatch(/no call integrated them[\s\S]*## aa\n\naa is done[\s\S]*## bb\n\nbb is done/)
  })

  it('whose parts all fail is failed, whatever planning came to', async () => {
    stage.simulator.setRules([
      plan('/^whole six/', [part('aa'), part('bb')]),
      { match: { prompt: '/^do /' }, fault: { kind: '400', message: 'not today' } },
    ])
    const handle = await start({ task: 'whole six' })
    expect((await failureOf(handle)).type).toBe('RunFailed')
    const failed = await result(handle)
    expect(statuses(failed)).toEqual([
      ['aa', 'error'],
      ['bb', 'error'],
      ['plan', 'ok'],
      ['integrate', 'skipped'],
    ])
  })

  it('that is interrupted keeps what every part has, nested ones included, and makes no further call', async () => {
    const endless = { text: 'word '.repeat(500), tokensPerSecond: 20 }
    stage.simulator.setRules([
      plan('/^whole seven/', [part('aa'), part('bb', { delegate: true }), part('ff')]),
      plan('/^do bb/', [part('cc'), part('dd')]),
      worker('aa'),
      worker('cc'),
      worker('dd', endless),
      worker('ff', endless),
    ])
    const handle = await start({ task: 'whole seven' })
    await until('two endless answers, the others done', () => {
      const { requests } = stage.simulator.journal()
      const open = inFlight(requests).filter(({ bytes }) => bytes > 500)
      return requests.length === 6 && open.length === 2
    })
    await until('aa to have ended', async () =>
      (await stage.status(handle)).items.some(({ status }) => status === 'ok'),
    )
    await handle.signal('interrupt')
    const { status, items, tree, answer } = await result(handle)
    expect(status).toBe('interrupted')
    expect(items.map(({ status }) => status)).toEqual(['ok', 'interrupted', 'interrupted', 'ok', 'skipped'])
    const inner = tree?.parts?.[1]?.parts as TaskTree[]
    expect(inner.map(({ status }) => status)).toEqual(['ok', 'interrupted'])
    expect(inner[0]).toMatchObject({ answer: 'cc is done' })
    expect(JSON.stringify(inner[1]?.answer)).toMatch(/word word/)
    expect(textOf(answer)).toMatch(/aa is done[\s\S]*cc is done/)
    for (const item of items.slice(0, 3)) expect(item.usd).toBeGreaterThan(0)
    expect(posts()).toHaveLength(6)
  })

  it('that is cancelled ends its parts after they handed over', async () => {
    stage.simulator.setRules([
      plan('/^whole eight/', [part('aa'), part('bb')]),
      worker('aa'),
      worker('bb', { text: 'word '.repeat(500), tokensPerSecond: 20 }),
    ])
    const handle = await start({ task: 'whole eight' })
    await until('the endless answer', () =>
      inFlight(stage.simulator.journal().requests).some(({ bytes }) => bytes > 500),
    )
    await handle.cancel()
    await expect(handle.result()).rejects.toThrow()
    expect((await handle.describe()).status.name).toBe('CANCELLED')
    const child = (await stage.client.workflow.getHandle(`${handle.workflowId}/bb`).result()) as DelegateResult
    expect(child.items).toMatchObject([{ status: 'interrupted', partial: expect.anything() }])
    const request = stage.simulator.journal().requests.find(({ promptHead }) => promptHead.startsWith('do bb'))
    expect(request?.outcome).toBe('aborted')
  })

  it('pauses its parts too', async () => {
    stage.simulator.setRules([
      plan('/^whole nine/', [part('aa', { delegate: true }), part('bb')]),
      plan('/^do aa/', [part('cc'), part('dd')], { attempt: 1 }),
      worker('bb', { text: 'bb is done', delayMs: 1500 }),
    ])
    const handle = await start({ task: 'whole nine', concurrency: 1 })
    // One call at a time: the split part is planned first, and nothing of it has begun.
    await until('the first part to be planned', () => posts().some((head) => head.startsWith('do aa')))
    await handle.signal('pause')
    await until('the part to be paused', async () => {
      const child = stage.client.workflow.getHandle(`${handle.workflowId}/aa`)
      return (await child.describe()).memo?.status === 'paused' || (await stage.status(child)).status === 'paused'
    })
    await handle.signal('resume')
    expect((await result(handle)).status).toBe('completed')
  })
})

describe('the approval of a delegation', () => {
  it('shows the parts and their price; a note makes the planner plan again, with another digest', async () => {
    stage.simulator.setRules([
      plan('says: fewer parts', [part('aa'), part('bb')]),
      plan('/^whole ten/', [part('aa'), part('bb'), part('cc', { delegate: true })]),
      worker('aa'),
      worker('bb'),
    ])
    const handle = await start({ task: 'whole ten', confirm: 'always' })
    const first = await asked(handle)
    expect(first.title).toMatch(/^3 parts: aa, bb, cc for \$/)
    const { price, outline } = await stage.status(handle)
    expect(outline).toEqual([
      'aa: do aa',
      'bb: do bb',
      expect.stringMatching(/^cc: do cc \(may be split: at most \d+ calls\)/),
    ])
    expect(price?.worstUsd).toBeGreaterThan(price?.expectedUsd ?? Number.NaN)
    expect(posts()).toHaveLength(1)
    await handle.executeUpdate('decide', { args: [{ kind: 'revise', digest: first.digest, note: 'fewer parts' }] })
    const second = await asked(handle, 2)
    expect(second.title).toMatch(/^2 parts: aa, bb/)
    expect(second.digest).not.toBe(first.digest)
    await expect(
      handle.executeUpdate('decide', { args: [{ kind: 'approve', digest: first.digest }] }),
    ).rejects.toThrow()
    await handle.executeUpdate('decide', { args: [{ kind: 'approve', digest: second.digest }] })
    expect((await result(handle)).status).toBe('completed')
    expect(posts()).toHaveLength(5)
  })

  it('is asked again with a changed input, and a plan that is rejected costs no more than itself', async () => {
    stage.simulator.setRules([plan('whole eleven', [part('aa'), part('bb')])])
    const handle = await start({ task: 'whole eleven', confirm: 'always' })
    const { digest } = await asked(handle)
    await handle.signal('revise', { digest, input: { task: 'whole eleven, otherwise' } })
    const second = await asked(handle, 2)
    await handle.executeUpdate('decide', { args: [{ kind: 'reject', digest: second.digest }] })
    const rejected = await result(handle)
    expect(rejected.status).toBe('rejected')
    expect(statuses(rejected)).toEqual([
      ['aa', 'skipped'],
      ['bb', 'skipped'],
      ['plan', 'ok'],
    ])
    expect(posts()).toHaveLength(2)
  })

  it('of a dry run costs nothing: the most calls there may be are priced', async () => {
    const { status, plan } = await result(await start({ task: 'whole twelve', dryRun: true }))
    expect(status).toBe('planned')
    expect(plan?.price.basis).toMatch(/not planned yet, so 4 parts are assumed; worst: 50 calls/)
    expect(posts()).toEqual([])
  })
})

describe('a delegation that would never end', () => {
  it('is ended by the number of calls, whatever the plans say', async () => {
    // Every plan wants eight parts that are all split again, as often as it may.
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    stage.simulator.setRules([
      {
        match: { system: PLANNER },
        reply: {
          text: `{"parts":[${ids.map((id) => `{"id":"${id}","task":"${id} of {prompt}","delegate":true}`).join()}]}`,
        },
      },
      { reply: { text: 'ok' } },
    ])
    const { tree } = await result(await start({ task: 'for ever', maxDepth: 4, concurrency: 50 }))
    expect(posts().length).toBeLessThanOrEqual(50)
    expect(posts().length).toBeGreaterThan(20)
    expect(depthOf(tree as TaskTree)).toBeLessThanOrEqual(4)
  })
})

function depthOf({ parts = [] }: TaskTree): number {
  return parts.length === 0 ? 0 : 1 + Math.max(...parts.map(depthOf))
}

describe('large answers', () => {
  it('travel by reference, and what people read of them is whole', async () => {
    stage.simulator.setRules([
      plan('/^whole large/', [part('aa'), part('bb')]),
      worker('aa', { text: 'large ', bytes: 100_000 }),
      worker('bb'),
      { match: { system: INTEGRATOR, prompt: 'whole large' }, reply: { text: 'both' } },
    ])
    const { tree } = await result(await start({ task: 'whole large' }))
    expect(isTextRef(tree?.parts?.[0]?.answer)).toBe(true)
    const integrating = stage.simulator.journal().requests.at(-1)
    expect(integrating?.usage?.input_tokens).toBeGreaterThan(10_000)
  })
})
