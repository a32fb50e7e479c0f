// What the recommendations would change in the CRM: a person says which of it shall be done, and that is done, once.
import { ActivityFailure, ApplicationFailure, TemporalFailure } from '@temporalio/workflow'
import {
  type AccountReviewPlan,
  type EndedWrite,
  type GatheredAccount,
  type JudgedWrite,
  WRITE_STEP,
  writeItem,
} from '../../../contracts/account.js'
import { toolStepOf } from '../../../contracts/agent.js'
import type { Written } from '../agent/audited-run.js'
import { askAboutUnknown } from '../agent/tool-approval.js'
import { running } from '../agent/tool-run.js'
import { type Choice, choose } from '../approvals/choose.js'
import { skipped } from '../calls/call.js'
import { changed, endItem, type Run } from '../run/run.js'

const TIMEOUT_SECONDS = 120

/** How each ended that was proposed; those that were wanted, or refused as a whole, are items of the run. */
export async function approvedWrites(
  run: Run,
  plan: AccountReviewPlan,
  gathered: GatheredAccount,
  written: Written,
): Promise<EndedWrite[]> {
  for (const write of gathered.unfit) endWrite(run, write)
  const { writes, agent, chunk } = gathered
  if (writes.length === 0 || !agent || !chunk) return gathered.unfit
  for (const { id, call } of writes) {
    const { tool, digest, verdict, summary } = call
    const by = 'by' in verdict ? verdict.by : ''
    run.audit?.({ type: 'permission', tool, id, digest, verdict: verdict.kind, by, summary })
  }
  const choice = run.stopped ? { kind: 'withdrawn' as const } : await asked(run, plan, gathered)
  if (choice.kind === 'rejected') run.rejected = true
  run.state = 'running'
  changed(run)
  // Nothing is done before it is written down who wanted it.
  await written()
  const ended = [...gathered.unfit]
  // One after the other: a change may rest on the one before it.
  for (const write of writes) {
    const { id } = write
    if (choice.kind === 'chosen' && !choice.ids.includes(id)) {
      ended.push({ id, status: 'skipped', note: `${choice.by} did not approve it` })
      continue
    }
    const end =
      choice.kind === 'chosen' && !run.stopped
        ? await perform(run, plan, write, { agent, chunk, by: choice.by, at: choice.at })
        : { id, status: 'skipped' as const, note: whySkipped(choice) }
    endWrite(run, end)
    ended.push(end)
  }
  return ended
}

function asked(run: Run, plan: AccountReviewPlan, { writes, digest }: GatheredAccount): Promise<Choice> {
  const { account, writer } = plan.account
  return choose(run, {
    name: 'writes',
    title: `${writes.length} ${writes.length === 1 ? 'change' : 'changes'} in the CRM for ${account}`,
    digest,
    choices: writes.map(({ id, call, arguments: input }) => ({
      id,
      label: call.tool,
      arguments: input,
    })),
    ...(writer.approvers && { approvers: writer.approvers }),
  })
}

function whySkipped(choice: Choice): string {
  return choice.kind === 'rejected' ? `${choice.by}: ${choice.note ?? 'rejected'}` : 'the run was stopped'
}

const STATUS = { done: 'ok', failed: 'error', unknown: 'error', skipped: 'skipped', pending: 'skipped' } as const

function endWrite(run: Run, { id, status, note = '' }: EndedWrite): void {
  const type = status === 'unknown' ? 'OutcomeUnknown' : 'WriteFailed'
  const error = STATUS[status] === 'error' && { error: { type, message: note } }
  endItem(run, { ...skipped(writeItem(id)), status: STATUS[status], ...error }, 0)
}

type Approved = { agent: string; chunk: string; by: string; at: string }

async function perform(
  run: Run,
  plan: AccountReviewPlan,
  { id, call }: JudgedWrite,
  { agent, chunk, by, at }: Approved,
): Promise<EndedWrite> {
  const { tool, digest, effect, timeoutSeconds = TIMEOUT_SECONDS } = call
  const request = {
    ...{ root: plan.root, run: run.self.firstRunId, step: toolStepOf(WRITE_STEP, id), agent, chunk, timeoutSeconds },
    label: `${tool} for ${id}`,
    call: { id, tool, digest, effect },
    approved: { by, at },
  }
  let again = false
  for (;;) {
    try {
      const outcome = await running(request).runTool({ ...request, ...(again && { again: true as const }) })
      const { head, result, bytes, ms, kind } = outcome
      noteTool(run, id, call, { outcome: kind, isError: result.isError, bytes, ms })
      if (kind === 'done') return { id, status: result.isError ? 'failed' : 'done', note: head }
      if (kind === 'interrupted') return { id, status: 'unknown', note: head }
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error
      noteTool(run, id, call, { outcome: 'failed', isError: true, bytes: 0, ms: 0 })
      const cause = error instanceof ActivityFailure ? error.cause : error
      const why = cause instanceof ApplicationFailure ? cause.message : error.message
      return { id, status: 'failed', note: why }
    }
    const word = await askAboutUnknown(run, { agent: 'account-writer', call, name: `unknown ${id}` }, () => run.stopped)
    switch (word.kind) {
      case 'again':
        again = true
        break
      case 'interrupted':
        return { id, status: 'unknown', note: 'nobody said whether it was done' }
      default:
        return {
          id,
          status: word.kind === 'done' ? 'done' : 'failed',
          note: `${word.by} looked: it was ${word.kind === 'done' ? '' : 'not '}done`,
        }
    }
  }
}

function noteTool(
  run: Run,
  id: string,
  { tool, digest, effect }: JudgedWrite['call'],
  how: { outcome: string; isError: boolean; bytes: number; ms: number },
): void {
  run.audit?.({ type: 'tool', tool, id, digest, effect, ...how })
}
