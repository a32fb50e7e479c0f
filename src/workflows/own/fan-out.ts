// Calls from a person's own code. One is a fan-out of one: the same preparation, journal, interruption, pause and
// outcome, so there is one way a call is made.
import { CancellationScope } from '@temporalio/workflow'
import type { ItemResult } from '../../contracts/outcome.js'
import type { Plan } from '../../contracts/plan.js'
import type { Text } from '../../contracts/refs.js'
import type { Item, ParallelInput } from '../../contracts/schemas/index.js'
import { addUsd } from '../../contracts/usage.js'
import { approval } from '../patterns/approvals/approval.js'
import { skipped } from '../patterns/calls/call.js'
import { fanOut as fanOutIn } from '../patterns/fan-out/fan-out.js'
import { dollars } from '../patterns/page/dollars.js'
import { needsApproval, prepare } from '../patterns/run/planned.js'
import { changed, endItem, type Run } from '../patterns/run/run.js'
import { isEnding, numberedName, ownRun, refusal, uniqueName } from './run.js'

/** Content blocks of the Messages API; an answer's text may stand in one as it is, also when it is a ref. */
export type Block = { type: string; [field: string]: unknown }
type Written = Text | Block[]

/** One call: the fields of an item of `parallel`, with the same defaults. `output`: JSON Schema of the answer. */
export type Call = Omit<Item, 'prompt' | 'system' | 'output'> & {
  prompt?: Written
  system?: Written
  output?: Record<string, unknown>
}

/**
 * Many calls: the fields of `parallel`. `confirm` (default "never"): ask a person before it is spent. `inlineBytes`
 * (default 262,144): a longer text comes as a ref, which may be given to other calls as a prompt or a block's text.
 */
export type FanOut = Omit<Call, 'id'> &
  Pick<
    ParallelInput,
    'cacheSharedSystem' | 'concurrency' | 'confirm' | 'inlineBytes' | 'timeoutSeconds' | 'maxRetries' | 'maxWaitSeconds'
  > & { items: Call[]; sharedSystem?: Written }

/** More would not fit into a run's history and result. */
const MOST_CALLS = 4000
/** An answer's text is to be worked with, so it comes as text. */
export const INLINE_BYTES = 256 * 1024
/** All requests of a fan-out travel to `prepare` in one payload. */
const INPUT_BYTES = 1024 * 1024

/** One call and how it ended. Never throws for what becomes of the call; InvalidInput for a call that cannot be made. */
export async function call(given: Call & Omit<FanOut, 'items' | keyof Call>): Promise<ItemResult> {
  const { inlineBytes, timeoutSeconds, maxRetries, maxWaitSeconds, confirm, cacheSharedSystem, sharedSystem, ...item } =
    given
  const settings = { inlineBytes, timeoutSeconds, maxRetries, maxWaitSeconds, confirm, cacheSharedSystem, sharedSystem }
  const [result] = await fanOut({ ...settings, items: [item] })
  if (!result) throw new Error('a fan-out of one has no result')
  return result
}

/**
 * Many calls at once, and how each ended, in the order they were given. Never throws for an item; an item that a person
 * refused, or that had not begun when the run was stopped, is `skipped`. Throws InvalidInput for what cannot be asked.
 */
export async function fanOut(given: Call[] | FanOut): Promise<ItemResult[]> {
  const run = ownRun()
  const input = Array.isArray(given) ? { items: given } : given
  const names = namesOf(input.items)
  if (names.length === 0) return []
  if (run.results.size + names.length > MOST_CALLS)
    throw refusal(`items: with these a run has more than ${MOST_CALLS} calls; wanted some of them in another run`)
  const items = input.items.map((item, index) => ({ ...item, id: names[index] }))
  const scope = CancellationScope.current()
  const plan = run.stopped
    ? undefined
    : await agreed(run, { confirm: 'never', inlineBytes: INLINE_BYTES, ...defined(input), items })
  if (plan) await fanOutIn(run, plan, { scope, dropped: isEnding })
  else for (const id of names) endItem(run, skipped(id), 0)
  return names.map((id, index) => taken(run, id, input.items[index]?.id))
}

function namesOf(items: Call[]): string[] {
  if (!Array.isArray(items)) throw refusal(`items: got ${typeof items}; wanted a list of calls`)
  const seen = new Set<string>()
  return items.map(({ id, output }, index) => {
    if (id !== undefined && seen.has(id))
      throw refusal(`items.${index}.id: "${id}" is there twice; wanted each id once`)
    if (id !== undefined) seen.add(id)
    if (output !== undefined && '~standard' in output)
      throw refusal(`items.${index}.output: got a schema object; wanted JSON Schema, such as z.toJSONSchema(schema)`)
    return id === undefined ? numberedName('call') : uniqueName(id)
  })
}

/** @returns undefined when a person said no, or the run was stopped. */
async function agreed(run: Run, input: object): Promise<Plan | undefined> {
  const bytes = new TextEncoder().encode(JSON.stringify(input)).byteLength
  if (bytes > INPUT_BYTES)
    throw refusal(
      `items: got ${bytes} bytes; wanted at most ${INPUT_BYTES} in one fan-out: give what is shared as sharedSystem`,
    )
  const plan = await prepare(run, 'calls', input)
  if (!plan) return undefined
  addToPlan(run, plan)
  if (!needsApproval(plan)) return plan
  const title = `${plan.title} for ${dollars(plan.price.expectedUsd)}`
  const decision = await approval(
    run,
    { name: uniqueName('plan'), title, digest: plan.digest, own: { wantsInput: false } },
    ({ kind }) => (kind === 'revise' ? 'this plan was made by code: wanted approve or reject' : undefined),
  )
  run.state = 'running'
  changed(run)
  if (decision?.kind === 'approve') return plan
  if (decision?.kind === 'reject') run.rejected = true
  return undefined
}

/** What people see of a run is one plan: that of all its calls so far. */
export function addToPlan(run: Run, { items, price, warnings, ...plan }: Plan): void {
  const before = run.plan
  run.plan = {
    ...plan,
    title: run.workflow,
    items: before?.items ?? [],
    warnings: [...new Set([...(before?.warnings ?? []), ...warnings])],
    price: {
      ...price,
      expectedUsd: addUsd(before?.price.expectedUsd ?? 0, price.expectedUsd),
      worstUsd: addUsd(before?.price.worstUsd ?? 0, price.worstUsd),
      inputTokens: (before?.price.inputTokens ?? 0) + price.inputTokens,
      outputTokens: (before?.price.outputTokens ?? 0) + price.outputTokens,
    },
  }
  run.plan.items.push(...items)
  changed(run)
}

/** The texts are the caller's from here on: a run's own result has facts only, however many calls it makes. */
function taken(run: Run, name: string, id = name): ItemResult {
  const result = run.results.get(name)
  if (!result) throw new Error(`call ${name} has no result`)
  run.results.set(name, factsOf(result))
  return { ...result, id }
}

export function factsOf({ text: _, output: __, partial: ___, ...facts }: ItemResult): ItemResult {
  return facts
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}
