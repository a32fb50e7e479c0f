// The call that is about to run, read again from what was stored: the model's own block or what a hook or a person put in
// its place. It must be the one that was judged and approved, to the letter.
import { ApplicationFailure } from '@temporalio/activity'
import { referredNames } from '../../audit/redact.js'
import type { RunToolRequest } from '../../contracts/agent.js'
import { FAILURE } from '../../contracts/failures.js'
import { explain } from '../../contracts/schemas/explain.js'
import type { Chunk } from '../../contracts/thread.js'
import { callDigest } from './call-digest.js'
import type { AgentDeps } from './deps.js'
import type { ToolRun } from './run-tool.js'

export async function readCall(deps: AgentDeps, request: RunToolRequest): Promise<ToolRun> {
  const { call, root, step } = request
  const given = call.input === undefined ? await fromBlock(deps, request) : await deps.requests.json(call.input)
  if (callDigest({ root, step, tool: call.tool, input: given }) !== call.digest)
    throw changed(`${call.tool}: its arguments are not those that were judged and approved`)
  const stored = await deps.requests.json<{ workspace?: string; definition?: { name: string } }>(request.agent)
  const tool = deps.tools.find(({ name }) => name === call.tool)
  const parsed = tool?.schema.safeParse(given)
  const redact = deps.secrets.redact(referredNames(JSON.stringify(stored)))
  return {
    request,
    agent: stored.definition?.name ?? 'agent',
    ...(tool && { tool }),
    ...(parsed?.success === false && { misfit: redact(explain(parsed.error, given)) }),
    input: parsed?.success ? parsed.data : given,
    ...(stored.workspace !== undefined && { cwd: stored.workspace }),
    redact,
  }
}

async function fromBlock({ requests }: AgentDeps, { chunk, call }: RunToolRequest): Promise<unknown> {
  const { answer = [] } = await requests.json<Chunk>(chunk)
  const block = answer.find(({ type, id }) => type === 'tool_use' && id === call.id)
  if (!block) throw changed(`${call.tool}: the model's answer has no tool use called ${call.id}`)
  return block.input
}

export function changed(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: FAILURE.callChanged, message, nonRetryable: true })
}
