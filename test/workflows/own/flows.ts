// Workflows as people write them, for own.test.ts: each shows one thing that `ensemble/workflow` promises.
import { CancellationScope, condition, proxyActivities, sleep } from '@temporalio/workflow'
import { approval, call, fanOut, interruption, type Text, thread, workflow } from 'ensemble/workflow'
import { z } from 'zod'

/** Activities of their own: see worker.mjs. */
type Activities = { shout(text: string): Promise<string> }
const { shout } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' })
const prompts = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ prompt: `${prefix} ${index + 1}` }))

/** A call, an activity of their own, and a fan-out that uses both. */
export const chain = workflow(async ({ topic }: { topic: string }) => {
  const first = await call({ id: 'first', prompt: `${topic}: begin` })
  const loud = await shout(topic)
  const rest = await fanOut([{ prompt: `${topic}: ${loud} one` }, { id: 'first', prompt: first.text as Text }])
  return { loud, texts: [first, ...rest].map(({ text }) => text), ids: rest.map(({ id }) => id) }
})

/** Two fan-outs with texts of their own at the same time, each with a cache of its own. */
export const twice = workflow(async ({ shared }: { shared: string[] }) => {
  const all = shared.map((sharedSystem, index) => fanOut({ items: prompts(`t${index}`, 4), sharedSystem }))
  return (await Promise.all(all)).flat().map(({ status }) => status)
})

const Amount = z.object({ amount: z.number().max(100), to: z.string().default('everybody') })

export const ask = workflow(async () => {
  const answer = await approval({ title: 'How much?', details: { most: 100 }, schema: Amount })
  return answer.kind === 'approved' ? `${answer.input.amount} to ${answer.input.to}, says ${answer.by}` : answer.kind
})

export const priced = workflow(async () => {
  const results = await fanOut({ items: prompts('priced', 2), confirm: 'always' })
  return results.map(({ status }) => status)
})

/** Waits for a person to stop it, then asks once more, in vain. */
export const patient = workflow(async () => {
  const slept = await interruption.scope(() => sleep('1 day'))
  const late = await call({ prompt: 'too late' })
  return { slept, requested: interruption.requested, late: late.status }
})

/** Stops its own calls after a second, and goes on. */
export const hasty = workflow(async () => {
  const results = await CancellationScope.withTimeout(1000, () =>
    fanOut({ items: prompts('hasty', 3), concurrency: 2 }),
  )
  const after = await call({ prompt: 'after the haste' })
  return [...results, after].map(({ status }) => status)
})

/** Returns without waiting for one of its calls. */
export const careless = workflow(async () => {
  let begun = false
  void call({ id: 'forgotten', prompt: 'forgotten slow' })
  void call({ id: 'heard', prompt: 'heard' }).then(() => {
    begun = true
  })
  await condition(() => begun)
})

/** Two calls with a person between them. */
export const halfway = workflow(async () => {
  const before = await call({ prompt: 'before the question' })
  await approval({ title: 'Go on?' })
  const after = await call({ prompt: 'after the question' })
  return [before, after].map(({ id }) => id)
})

export const tried = workflow(async () => (await call({ prompt: 'doomed' })).error?.type)

/** Three messages at once to one agent; then it is cleared and asked once more. */
export const talk = workflow(async () => {
  const agent = thread({ id: 'agent', system: 'You are patient.' })
  const answers = await Promise.all(['talk one', 'talk two', 'talk three'].map((text) => agent.send(text)))
  const said = agent.length
  await agent.clear()
  const fresh = await agent.send('talk anew')
  return { all: [...answers, fresh].map(({ id, status, text, partial }) => [id, status, text ?? partial]), said }
})

export const mute = workflow(async () => {
  await thread().send(' ')
})

export const silent = workflow(async () => 'nothing asked')

export const misuse = workflow(async () => {
  await fanOut([
    { id: 'a', prompt: 'one' },
    { id: 'a', prompt: 'two' },
  ])
})

export const empty = workflow(async () => {
  await call({ prompt: ' ' })
})

/** No `workflow(…)` around it. */
export async function bare(): Promise<void> {
  await call({ prompt: 'never asked' })
}
