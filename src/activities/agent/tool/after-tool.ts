// What happens once a tool's result is written down: it is counted, and whoever listens hears of it. A hook may add
// something for the model to know; it cannot undo what was done.
import { Context, log } from '@temporalio/activity'
import { referredNames } from '../../../audit/redact.js'
import type { RunToolOutcome, RunToolRequest } from '../../../contracts/agent.js'
import type { ContentBlock } from '../../../contracts/conversation.js'
import { runHooks } from '../../../hooks/run-hooks.js'
import { StorageError } from '../../../storage/store.js'
import { shutdown } from '../../call/cancellation.js'
import type { StoredAgent } from '../definition/stored-agent.js'
import type { AgentDeps } from '../deps.js'

/** Asked again when a worker died in between: hooks tell repetitions by the payload's `id`. */
export async function afterTool(
  deps: AgentDeps,
  request: RunToolRequest,
  outcome: RunToolOutcome,
): Promise<RunToolOutcome> {
  if (outcome.kind !== 'done') return outcome
  const stored = await agentOf(deps, request)
  if (stored?.hooks?.post_tool_use === undefined) return outcome
  const { cancellationSignal: signal, cancellationDetails, info } = Context.current()
  const { root, step, call } = request
  const payload = {
    event: 'post_tool_use',
    id: `${root.workflowId}/${root.firstRunId}/${step}/post`,
    run: info.workflowExecution?.workflowId ?? root.workflowId,
    workflow: 'thread',
    agent: stored.definition.name,
    at: new Date().toISOString(),
    tool: call.tool,
    isError: outcome.result.isError,
    bytes: outcome.bytes,
    head: outcome.head,
    ms: outcome.ms,
  } as const
  try {
    const context = { functions: deps.hookFunctions, env: deps.env, signal }
    const heard = await runHooks(stored.hooks, payload, {
      ...context,
      ...(stored.workspace !== undefined && { cwd: stored.workspace }),
    })
    const redact = deps.secrets.redact(referredNames(JSON.stringify(stored)))
    const warnings = heard.warnings.map(redact)
    if (warnings.length > 0) log.warn('hooks after a tool', { tool: call.tool, warnings })
    return heard.context === undefined ? outcome : withContext(deps, request, outcome, redact(heard.context))
  } catch (error) {
    if (!signal.aborted) throw error
    if (cancellationDetails?.workerShutdown) throw shutdown()
    return outcome // the tool has done its work, whoever was stopped afterwards
  }
}

/** undefined where it is gone or damaged: what was done was done all the same. */
async function agentOf({ requests }: AgentDeps, { agent }: RunToolRequest): Promise<StoredAgent | undefined> {
  try {
    return await requests.json<StoredAgent>(agent)
  } catch (error) {
    if (error instanceof StorageError && error.kind !== 'unreachable') return undefined
    throw error
  }
}

async function withContext(
  { store, requests }: AgentDeps,
  { root }: RunToolRequest,
  outcome: RunToolOutcome,
  context: string,
): Promise<RunToolOutcome> {
  const { content, ...result } = outcome.result
  const blocks: ContentBlock[] =
    'ref' in content ? await requests.json<ContentBlock[]>(content.ref) : [{ type: 'text', text: content.text }]
  const said = { type: 'text', text: `[From a hook] ${context}` }
  const ref = await store.put(root, JSON.stringify([...blocks, said]))
  return { ...outcome, result: { ...result, content: { ref } } }
}
