// Whatever people send from a form, a terminal or a program of their own: the run lives, and says what it refused.
import type { WorkflowHandle } from '@temporalio/client'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

/** WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND */
const UNHANDLED_COMMAND = 1
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([{ match: { prompt: 'held' }, fault: { kind: 'stall', at: 40 } }])
})
afterAll(() => stage.close())

const proto = JSON.parse('{ "__proto__": { "kind": "approve", "item": "1" }, "constructor": { "prototype": {} } }')
const nested = { item: { item: { item: [] } }, digest: { deep: [null] }, by: ['a'], input: [1], id: { a: 1 } }
/** Arguments as they arrive: none, one of every JSON type, more than one. */
type Kind = [string, unknown[]]
const EVERY: Kind[] = [
  ['nothing', []],
  ['null', [null]],
  ['an empty string', ['']],
  ['a string', ['please']],
  ['true', [true]],
  ['false', [false]],
  ['zero', [0]],
  ['a number', [12.5]],
  ['an empty list', [[]]],
  ['a list', [['1', { item: '1' }]]],
  ['an empty object', [{}]],
  ['an object', [{ by: 'reviewer', whatever: 1 }]],
  ['a nested object', [nested]],
  ['surplus arguments', [{ by: 'reviewer' }, 'second', 3]],
  ['100 kB of text', ['x'.repeat(100_000)]],
  ['an object that names prototypes', [proto]],
]
/** Kinds that name an item the run does not have, or that mean nothing as a target. */
const UNFIT_TARGETS = [
  'false',
  'an empty list',
  'a list',
  'a string',
  'zero',
  'a number',
  '100 kB of text',
  'a nested object',
]
const values = (...names: string[]) => EVERY.filter(([name]) => names.includes(name))
const others = (...names: string[]) => EVERY.filter(([name]) => !names.includes(name))

/** A run with two calls that never end by themselves. */
const held = async (): Promise<WorkflowHandle> => {
  const items = ['1', '2'].map((id) => ({ id, prompt: `held ${id}` }))
  const handle = await stage.start('parallel', { items, confirm: 'never' })
  await until('both calls to run', async () => {
    const { items } = await stage.status(handle)
    return items.length === 2 && items.every(({ status }) => status === 'running')
  })
  return handle
}
const waiting = async (): Promise<WorkflowHandle> => {
  const handle = await stage.start('parallel', { items: [{ prompt: 'quick' }], confirm: 'always' })
  await stage.reach(handle, 'waiting')
  return handle
}
const decide = (handle: WorkflowHandle, [first, ...more]: unknown[]) =>
  first === undefined ? handle.executeUpdate('decide') : handle.executeUpdate('decide', { args: [first, ...more] })
/** A workflow task that fails is tried for ever: the run would look alive and do nothing. Returns why any did. */
const failedTasks = async (handle: WorkflowHandle) => {
  const { events } = await handle.fetchHistory()
  const failed = (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: task }) => (task ? [task] : []))
  // The server's own way of saying that a message came while the run was about to end; it is tried once more.
  return failed.filter(({ cause }) => cause !== UNHANDLED_COMMAND).map(({ failure }) => failure?.message)
}

describe('a run that waits', () => {
  const unclear = ['false', 'an empty list', 'a list', 'a nested object']

  const shown = () => new Promise((resolve) => setTimeout(resolve, 1100))

  it('is approved by approve with nothing, a note, an object: whatever can be meant as yes', async () => {
    const approve = async ([kind, args]: Kind) => {
      const handle = await waiting()
      await shown()
      await handle.signal('approve', ...args)
      expect((await resultOf(handle)).status, kind).toBe('completed')
      expect(await failedTasks(handle), kind).toEqual([])
    }
    await Promise.all(others(...unclear).map(approve))
  })

  it('still waits after an answer that cannot be meant as one', async () => {
    const answer = async ([kind, args]: Kind) => {
      const handle = await waiting()
      await shown()
      for (const name of ['approve', 'reject', 'revise']) await handle.signal(name, ...args)
      const status = await until('three refusals', async () => {
        const now = await stage.status(handle)
        return now.refused.length === 3 && now
      })
      expect(status.status, kind).toBe('waiting')
      expect(status.refused.map(({ message }) => message)).toEqual(['approve', 'reject', 'revise'])
      await handle.signal('reject', 'enough')
      expect((await resultOf(handle)).status, kind).toBe('rejected')
      expect(await failedTasks(handle), kind).toEqual([])
    }
    await Promise.all(values(...unclear).map(answer))
  })
})

describe('a run at work', () => {
  it('refuses every answer nobody asked for, whatever it holds, in few words', async () => {
    const handle = await held()
    for (const [, args] of EVERY) {
      for (const name of ['approve', 'reject', 'revise']) await handle.signal(name, ...args)
      await expect(decide(handle, args)).rejects.toMatchObject({ cause: { type: 'AnswerRefused' } })
    }
    const status = await stage.status(handle)
    expect(status.status).toBe('running')
    expect(status.refused).toHaveLength(20)
    for (const { message, reason } of status.refused) {
      expect(['approve', 'reject', 'revise']).toContain(message)
      expect(reason.length).toBeGreaterThan(10)
      expect(reason.length).toBeLessThan(600)
    }
    await handle.signal('interrupt')
    expect((await resultOf(handle)).status).toBe('interrupted')
    expect(await failedTasks(handle)).toEqual([])
  })

  it('pauses and goes on with every kind of message, or says why not', async () => {
    const handle = await held()
    for (const name of ['pause', 'resume']) {
      const [before, after] = name === 'pause' ? ['resume', 'paused'] : ['pause', 'running']
      for (const [kind, args] of EVERY) {
        await handle.signal(before)
        await handle.signal(name, ...args)
        const { status, refused } = await stage.status(handle)
        if (UNFIT_TARGETS.includes(kind)) expect(refused.at(-1)?.message, kind).toBe(name)
        else expect(status, `${name} with ${kind}`).toBe(after)
        expect(refused.every(({ reason }) => reason.length < 600)).toBe(true)
      }
    }
    await handle.signal('interrupt')
    expect((await resultOf(handle)).status).toBe('interrupted')
    expect(await failedTasks(handle)).toEqual([])
  })

  it('refuses to interrupt what it does not have', async () => {
    const handle = await held()
    for (const [, args] of values(...UNFIT_TARGETS)) await handle.signal('interrupt', ...args)
    const { status, refused, items } = await stage.status(handle)
    expect(refused).toHaveLength(UNFIT_TARGETS.length)
    expect(status).toBe('running')
    expect(items.every((item) => item.status === 'running')).toBe(true)
    await handle.signal('interrupt')
    expect((await resultOf(handle)).status).toBe('interrupted')
    expect(await failedTasks(handle)).toEqual([])
  })

  it('is interrupted as a whole by anything that names no item', async () => {
    const whole = ['null', 'an empty string', 'true', 'an empty object', 'an object', 'surplus arguments']
    const interrupt = async ([kind, args]: Kind) => {
      const handle = await held()
      await handle.signal('interrupt', ...args)
      expect(await resultOf(handle), kind).toMatchObject({ status: 'interrupted', items: [{}, {}] })
      expect(await failedTasks(handle), kind).toEqual([])
    }
    await Promise.all(values(...whole, 'an object that names prototypes').map(interrupt))
  })

  it('lists a signal whose name it does not know, with those it knows', async () => {
    const handle = await held()
    await handle.signal('aprove', { by: 'reviewer' })
    await handle.signal('x'.repeat(900))
    await handle.signal('cacheReady', { step: 12 })
    const [first, second] = await until('two refusals', async () => {
      const { refused } = await stage.status(handle)
      return refused.length === 2 && refused
    })
    expect(first).toMatchObject({
      message: 'aprove',
      reason: expect.stringMatching(/"aprove"; wanted one of approve, /),
    })
    expect(second?.message.length).toBeLessThan(200)
    await handle.signal('interrupt')
    await resultOf(handle)
    expect(await failedTasks(handle)).toEqual([])
  })
})

describe('any JSON at all, to any handler', () => {
  const names = ['approve', 'reject', 'revise', 'interrupt', 'pause', 'resume', 'cacheReady', 'decide', 'what']
  const field = fc.constantFrom(
    'kind',
    'digest',
    'approval',
    'by',
    'note',
    'reason',
    'id',
    'input',
    'item',
    '__proto__',
  )
  const value = fc.oneof(fc.jsonValue(), fc.dictionary(field, fc.jsonValue(), { noNullPrototype: true }))
  const message = fc.record({ name: fc.constantFrom(...names), args: fc.array(value, { maxLength: 2 }) })

  it('leaves a run that ends as somebody asked', async () => {
    const property = fc.asyncProperty(fc.array(message, { minLength: 10, maxLength: 20 }), async (messages) => {
      const handle = await waiting()
      for (const { name, args } of messages) {
        if (name !== 'decide') await sendTo(handle, name, args)
        else await decide(handle, args).catch((error: Error) => knownRefusal(error))
      }
      await sendTo(handle, 'resume', [])
      await sendTo(handle, 'interrupt', [])
      const { status } = await resultOf(handle)
      expect(['interrupted', 'rejected', 'completed', 'planned']).toContain(status)
      expect(await failedTasks(handle)).toEqual([])
    })
    await fc.assert(property, { numRuns: 6, endOnFailure: true })
  })
})

/** A run that has ended takes no more messages; that is no failure here. */
async function sendTo(handle: WorkflowHandle, name: string, args: unknown[]): Promise<void> {
  await handle.signal(name, ...args).catch((error: Error) => {
    if (error.name !== 'WorkflowNotFoundError') throw error
  })
}

function knownRefusal(error: Error & { cause?: unknown }): void {
  const type = (error.cause as { type?: string } | undefined)?.type
  if (type !== 'AnswerRefused' && error.name !== 'WorkflowNotFoundError') throw error
}
