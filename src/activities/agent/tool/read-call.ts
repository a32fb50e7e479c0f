// The call that is about to run, read again from what was stored: the model's own block or what a hook or a person put in
// its place. It must be the one that was judged and approved, to the letter.
import { type Redact, referredNames } from '../../../audit/redact.js'
import type { RunToolRequest } from '../../../contracts/agent.js'
import type { Chunk } from '../../../contracts/conversation.js'
import type { Tool, ToolContext } from '../../../tools/tool.js'
import type { StoredAgent } from '../definition/stored-agent.js'
import { openToolbox } from '../definition/toolbox.js'
import type { AgentDeps } from '../deps.js'
import { foreignNow } from '../judge/owned.js'
import { misfitOf } from '../judge/wish.js'
import { callDigest } from './call-digest.js'

export type ToolRun = {
  request: RunToolRequest
  stored: StoredAgent
  /** Absent: it is not to be had now, and `problem` says why. */
  tool?: Tool
  problem: string
  /** Why this is not what was judged: other arguments, another definition of the tool. */
  changed?: string
  /** Why it may not be done any more although it was judged: where it writes has changed. */
  refused?: string
  input: unknown
  context: Omit<ToolContext, 'signal' | 'key'>
  redact: Redact
}

export async function readCall(deps: AgentDeps, request: RunToolRequest): Promise<ToolRun> {
  const { call } = request
  const stored = await deps.requests.json<StoredAgent>(request.agent)
  const redact = deps.secrets.redact(referredNames(JSON.stringify(stored)))
  const given = call.input === undefined ? await fromBlock(deps, request) : await deps.requests.json(call.input)
  const toolbox = await openToolbox(deps, stored, [call.tool])
  const tool = toolbox.get(call.tool)
  const digest = callDigest({ ...request, tool: call.tool, definition: toolbox.hash(call.tool), input: given })
  const changed = tool && whatChanged(tool, { isSame: digest === call.digest, given })
  const input = tool && changed === undefined ? tool.schema.parse(given) : given
  const refused = tool && changed === undefined ? await foreignNow(stored, tool, input) : undefined
  return {
    request,
    stored,
    ...(tool && { tool }),
    problem: redact(toolbox.problem(call.tool) ?? `This worker has no tool called ${call.tool} any more`),
    ...(changed !== undefined && { changed: redact(changed) }),
    ...(refused !== undefined && { refused: redact(refused) }),
    input,
    context: {
      ...(stored.workspace !== undefined && { cwd: stored.workspace }),
      ...(stored.owns && { owns: stored.owns }),
      ...(stored.allowUnsandboxed && { allowUnsandboxed: true }),
    },
    redact,
  }
}

function whatChanged(tool: Tool, { isSame, given }: { isSame: boolean; given: unknown }): string | undefined {
  if (!isSame) return `${tool.name}: its arguments or its definition are not those that were judged and approved`
  const misfit = misfitOf(tool, given)
  return misfit === undefined ? undefined : `${tool.name}: what it takes has changed since it was judged: ${misfit}`
}

/** undefined where the answer has no such block: then it is not what was judged either. */
async function fromBlock({ requests }: AgentDeps, { chunk, call }: RunToolRequest): Promise<unknown> {
  const { answer = [] } = await requests.json<Chunk>(chunk)
  return answer.find(({ type, id }) => type === 'tool_use' && id === call.id)?.input
}
