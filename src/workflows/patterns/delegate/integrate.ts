// What follows the parts: one call that integrates, and an answer put together by code when there is none. Whichever it
// is, it names the parts that gave no whole answer.
import { CancellationScope, CancelledFailure } from '@temporalio/workflow'
import {
  type DelegateResult,
  type DelegationPlan,
  INTEGRATE_ITEM,
  type TaskTree,
  under,
} from '../../../contracts/delegate.js'
import type { Text } from '../../../contracts/refs.js'
import { askOne } from '../calls/ask-one.js'
import { skipped, steps } from '../calls/call.js'
import { endItem, type Run } from '../run/run.js'
import type { EndedPart } from './part-outcome.js'

type Answered = Pick<DelegateResult, 'answer' | 'tree'>

/** One call instead of parts. */
export async function answerAlone(run: Run, plan: DelegationPlan): Promise<Answered> {
  const { path, task, alone } = plan.delegation
  const [item] = plan.items
  if (item === undefined) throw new Error('a task that is not split has its answer as its item')
  const { result, savedUsd } = await askOne(run, plan, item)
  endItem(run, result, savedUsd)
  const answer = result.text === undefined ? {} : { answer: result.text }
  const note = result.error?.message ?? (alone === undefined ? undefined : `not split: ${alone}`)
  return { ...answer, tree: branch(path, task, result.status, answer, note) }
}

export async function integrated(run: Run, plan: DelegationPlan, ends: EndedPart[]): Promise<Answered> {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the run was cancelled')
  const { delegation, root, inlineBytes } = plan
  const { path, task } = delegation
  const id = under(path, INTEGRATE_ITEM)
  const parts = ends.map(({ tree }) => tree)
  if (!ends.some(({ end }) => end.answer !== undefined)) {
    endItem(run, skipped(id), 0)
    return {
      tree: { ...branch(path, task, run.stopped ? 'interrupted' : 'error', {}, 'no part has an answer'), parts },
    }
  }
  const request = { root, delegation, inlineBytes, ends: ends.map(({ end }) => end) }
  const gathered = await steps.gatherParts(request)
  const { result, savedUsd } = await askOne(run, { ...plan, pages: [gathered.page] }, gathered.item)
  endItem(run, result, savedUsd)
  const whole = ends.every(({ result }) => result.status === 'ok')
  const answer = await answerOf()
  const status = run.stopped ? 'interrupted' : whole && result.status === 'ok' ? 'ok' : 'partial'
  return { answer, tree: { ...branch(path, task, status, { answer }, result.error?.message), parts } }

  async function answerOf(): Promise<Text> {
    if (result.text === undefined) return gathered.answer
    if (whole) return result.text
    return (await steps.gatherParts({ ...request, integrated: result.text })).answer
  }
}

function branch(
  path: string,
  task: Text,
  status: TaskTree['status'],
  answer: { answer?: Text },
  note: string | undefined,
): TaskTree {
  return { id: path === '' ? 'task' : path, task, status, ...answer, ...(note !== undefined && { note }) }
}
