// Starting a run exactly once: an id names one run for ever, and starting it again with the same input gives the same
// run, so a caller who lost the answer may simply ask again.

import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common'
import { MEMO, SEARCH_ATTRIBUTES } from '../contracts/names.js'
import type { RerunOf } from '../contracts/plan.js'
import { inputHash } from './canonical.js'
import { asking, InvalidInputError } from './errors.js'
import type { Server } from './server.js'
import { threadMemo } from './thread/options.js'

export type Starting = {
  workflow: string
  id: string
  /** The workflow's one argument. */
  argument: Record<string, unknown>
  /** A person's own workflow: its input means nothing here. `taskQueue`: instead of the connection's. */
  own?: { taskQueue?: string }
  /** One line for lists: "review · src · 4 experts". */
  summary: string
  rerunOf?: RerunOf
}

/** Resolves when the server has the run; `already`: it had it before. Throws InvalidInputError for a used id. */
export async function startRun(server: Server, starting: Starting): Promise<{ already: boolean }> {
  const started = await startOnce(server, starting)
  await server.onStarted(starting.id)
  return started
}

async function startOnce(server: Server, starting: Starting): Promise<{ already: boolean }> {
  const { workflow, id, argument } = starting
  const options = await startOptions(server, starting)
  return asking({ server: server.address, run: id }, async () => {
    try {
      await server.client.workflow.start(workflow, options)
      return { already: false }
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
      await sameRun(server, workflow, id, hashOf(argument))
      return { already: true }
    }
  })
}

/** A run with this id fails to start when there is or was one. */
export async function startOptions(server: Server, { workflow, id, argument, own, summary, rerunOf }: Starting) {
  const attributes = await initialAttributes(server)
  const streams = !own && (argument.stream ?? rerunOf?.stream ?? workflow === 'thread')
  const memo = {
    [MEMO.input]: hashOf(argument),
    ...(rerunOf && { [MEMO.rerunOf]: rerunOf }),
    ...(streams && { [MEMO.stream]: true }),
    ...(workflow === 'thread' && threadMemo(argument)),
  }
  return {
    workflowId: id,
    taskQueue: own?.taskQueue ?? server.taskQueue,
    args: [argument] as [unknown],
    memo,
    staticSummary: summary,
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
    workflowIdConflictPolicy: 'FAIL' as const,
    ...(attributes.length > 0 && { typedSearchAttributes: attributes }),
  }
}

async function sameRun(server: Server, workflow: string, id: string, hash: string): Promise<void> {
  const existing = await server.client.workflow.getHandle(id).describe()
  if (existing.type === workflow && existing.memo?.[MEMO.input] === hash) return
  throw new InvalidInputError(
    `run id "${id}" is taken by another run (${existing.type}, started ${existing.startTime.toISOString()}) with ` +
      'another input: wanted a new id, or the same input to get that run',
  )
}

async function initialAttributes(server: Server): Promise<SearchAttributePair[]> {
  const registered = await server.searchAttributes()
  const pairs: SearchAttributePair[] = [
    { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.waiting, 'BOOL'), value: false },
    { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.usd, 'DOUBLE'), value: 0 },
  ]
  return pairs.filter(({ key }) => registered.has(key.name))
}

/** Of what is asked: whether its texts are shown while they arrive makes no other run of it. */
function hashOf({ stream: _, ...asked }: Record<string, unknown>): string {
  return inputHash(asked)
}
