// The aggregate: what each agent handed over, in one object, and the writes it proposes, judged like any tool call: the
// tool exists, the arguments fit, the permissions ask a person.
import { Context } from '@temporalio/activity'
import { z } from 'zod'
import { accountWriter, namesOn } from '../../agents/account.js'
import {
  type AccountReview,
  type EndedWrite,
  type GatherAccountRequest,
  type GatheredAccount,
  type PendingWrite,
  type Recommendation,
  WRITE_STEP,
} from '../../contracts/account.js'
import type { ContentBlock } from '../../contracts/conversation.js'
import { agentFields } from '../../contracts/schemas/agent.js'
import { noUsage } from '../../contracts/usage.js'
import { prepareAgent } from '../agent/definition/stored-agent.js'
import type { AgentDeps } from '../agent/deps.js'
import { judgeCalls } from '../agent/judge/judge.js'
import { digestOf } from '../digest.js'
import { InputError } from '../input-error.js'
import { readableStorageErrors } from '../storage-errors.js'
import { putChunk } from '../thread/chunks.js'
import { type Advice, argumentsOf } from './recommendations.js'

export function createGatherAccount(deps: AgentDeps) {
  return async function gatherAccount(request: GatherAccountRequest): Promise<GatheredAccount> {
    return readableStorageErrors(async () => {
      const { root, account, at, kept, missing } = request
      const json = async (ref: string | undefined) => (ref === undefined ? undefined : deps.requests.json(ref))
      const advice = (await json(kept.author)) as Advice | undefined
      const judged = await judgedWrites(deps, request, advice?.recommendations ?? [])
      const review: AccountReview = {
        account_id: account,
        timestamp: at,
        crm_summary: ((await json(kept.scout)) ?? null) as AccountReview['crm_summary'],
        historical_insights: ((await json(kept.memory)) ?? null) as AccountReview['historical_insights'],
        recommendations: advice?.recommendations ?? [],
        health: advice?.health ?? null,
        risks: advice?.risks ?? [],
        requires_approval: judged.pending,
        missing,
      }
      const { pending, ...writes } = judged
      return { review: await deps.store.put(root, JSON.stringify(review)), ...writes }
    })
  }
}

type Judged = Omit<GatheredAccount, 'review'> & { pending: PendingWrite[] }

async function judgedWrites(
  deps: AgentDeps,
  { root, run, crm, writer }: GatherAccountRequest,
  recommendations: Recommendation[],
): Promise<Judged> {
  const pending = recommendations.flatMap(({ id, write }): PendingWrite[] => {
    const input = write && argumentsOf(write)
    const [tool] = write ? namesOn(crm, [write.tool]) : []
    return input && tool ? [{ id, tool, arguments: input, status: 'pending' }] : []
  })
  const none = { writes: [], unfit: [], digest: digestOf([]) }
  if (pending.length === 0) return { pending, ...none }
  const blocks = pending.map(
    ({ id, tool, arguments: input }): ContentBlock => ({ type: 'tool_use', id, name: tool, input }),
  )
  const fields = z.strictObject(agentFields).parse({ ...writer, agent: accountWriter({ crm }) })
  try {
    const { plan, stored } = await prepareAgent(deps, { ...fields, self: root })
    const signal = Context.current().cancellationSignal
    const calls = await judgeCalls(deps, { root, run, step: WRITE_STEP, stored, blocks, signal })
    const unfit: EndedWrite[] = []
    const writes = calls.flatMap((call) => {
      const { id, verdict } = call
      if (verdict.kind === 'ask') return [{ id, call, arguments: verdict.question.arguments }]
      unfit.push({ id, status: 'failed', note: whyNot(verdict) })
      return []
    })
    const chunk = await putChunk(deps, root, {
      ...{ turn: 1, chained: 1, status: 'ok', sent: { content: 'approved by a person' }, answer: blocks },
      ...{ usage: noUsage(), usd: 0, warnings: [], length: 1, contextTokens: 0 },
    })
    return { pending, writes, unfit, chunk, agent: plan.ref, digest: digestOf(writes.map(({ call }) => call.digest)) }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    // Its server is away, or lacks the tool: the review stands, its writes cannot be done.
    const unfit = pending.map(({ id }): EndedWrite => ({ id, status: 'failed', note: error.message }))
    return { pending, ...none, unfit }
  }
}

function whyNot(verdict: { kind: string; reason?: string }): string {
  return verdict.reason ?? `the tool layer says ${verdict.kind}`
}
