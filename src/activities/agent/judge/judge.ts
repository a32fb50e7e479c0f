// Whether a model's wishes to use tools come true: each is checked against the tool's schema, shown to hooks, and decided
// by the permissions, here and nowhere else. What comes out is recorded; nothing that is said in a conversation counts.
import { Context } from '@temporalio/activity'
import {
  type JudgeCallsRequest,
  MAX_AGENT_DEPTH,
  type ToolCall,
  toolStepOf,
  type Verdict,
} from '../../../contracts/agent.js'
import type { Chunk, ContentBlock } from '../../../contracts/conversation.js'
import { isTooDeep } from '../../../contracts/nesting.js'
import { visibleLine } from '../../../contracts/visible.js'
import { isAbout, parseRule } from '../../../permissions/rule.js'
import { readableStorageErrors } from '../../storage-errors.js'
import { headOf } from '../../texts.js'
import { callsToJudge } from '../../thread/results.js'
import { AGENT_TOOL, AgentToolInput, startableAgents } from '../definition/agent-tool.js'
import { didYouMean } from '../definition/did-you-mean.js'
import type { StoredAgent } from '../definition/stored-agent.js'
import { openToolbox, type Toolbox } from '../definition/toolbox.js'
import type { JudgeDeps } from '../deps.js'
import { callDigest } from '../tool/call-digest.js'
import { permit } from './permit.js'
import { subjectOf } from './subject.js'
import { type Judged, type Judging, misfitOf, type Wish } from './wish.js'

const SUMMARY_CHARACTERS = 200
const REASON_CHARACTERS = 2000

/** In the order of the blocks. */
export async function judgeCalls(deps: JudgeDeps, judging: Judging): Promise<ToolCall[]> {
  const { blocks, edited, stored } = judging
  const uses = blocks.filter(({ type, id }) => type === 'tool_use' && (edited === undefined || id === edited.id))
  const names = uses.map(({ name }) => String(name))
  const toolbox = await openToolbox(deps, stored, names)
  return Promise.all(uses.map((block) => judge(deps, judging, toolbox, block)))
}

/** The activity: where hooks or a handler take their time, and for what a person edited. */
export function createJudgeCalls(deps: JudgeDeps) {
  return async function judgeCallsOf(request: JudgeCallsRequest): Promise<ToolCall[]> {
    return readableStorageErrors(async () => {
      const { root, run, step, agent, chunk, edited } = request
      const stored = await deps.requests.json<StoredAgent>(agent)
      const { answer } = await deps.requests.json<Chunk>(chunk)
      const signal = Context.current().cancellationSignal
      return judgeCalls(deps, {
        root,
        run,
        step,
        stored,
        blocks: callsToJudge(answer),
        ...(edited && { edited }),
        signal,
      })
    })
  }
}

async function judge(deps: JudgeDeps, judging: Judging, toolbox: Toolbox, block: ContentBlock): Promise<ToolCall> {
  const { root, step, edited, stored } = judging
  const id = String(block.id)
  const name = String(block.name)
  const input = edited ? edited.input : block.input
  const wish = wishOf(stored, toolbox, { id, name, input })
  const tool = 'tool' in wish ? wish.tool : undefined
  const { verdict, changed } = 'tool' in wish ? await judgeWish(deps, judging, wish) : { verdict: wish.verdict }
  const final = changed ? changed.input : input
  const replaced = changed !== undefined || edited !== undefined
  const digest = callDigest({
    ...{ root, step: toolStepOf(step, id), tool: name, definition: toolbox.hash(name) },
    input: isTooDeep(final) ? null : final,
  })
  const seconds = tool?.timeoutSeconds
  return {
    id,
    tool: name,
    digest,
    effect: tool?.effect ?? 'read',
    summary: headOf(visibleLine(`${name} ${tool ? subjectOf(tool, final) : ''}`.trim()), SUMMARY_CHARACTERS),
    verdict,
    ...(replaced && verdict.kind !== 'invalid' && { input: await deps.store.put(root, JSON.stringify(final)) }),
    ...(seconds !== undefined && { timeoutSeconds: seconds }),
  }
}

/** The tool and arguments that fit it, or why there is no such call to think about. */
function wishOf(
  stored: StoredAgent,
  toolbox: Toolbox,
  { id, name, input }: { id: string; name: string; input: unknown },
): Wish | { verdict: Verdict } {
  const own = stored.tools.map((tool) => tool.name)
  if (!own.includes(name)) {
    const denied = denyingRule(stored, name)
    if (denied !== undefined) {
      const by = `deny ${denied}`
      return { verdict: { kind: 'refuse', by, reason: `${by}: not permitted` } }
    }
    if (toolbox.exists(name)) {
      const reason = `${name} is not among this agent's tools: ${own.join(', ') || 'it has none'}`
      return { verdict: { kind: 'refuse', by: 'tools', reason } }
    }
    return invalid(`there is no tool ${JSON.stringify(headOf(name, 100))}: ${didYouMean(name, own)}`)
  }
  const tool = toolbox.get(name)
  if (!tool) return invalid(toolbox.problem(name) ?? `${name} is not there on this worker`)
  const misfit = misfitOf(tool, input)
  return misfit === undefined ? { id, tool, input, toolbox } : invalid(misfit)
}

/** A tool that is denied by name is refused as such, whether or not there is one. */
function denyingRule({ permissions }: StoredAgent, name: string): string | undefined {
  const texts = permissions.flatMap(({ rules }) => rules.deny)
  return texts.map((text) => parseRule(text)).find((rule) => rule.argument === undefined && isAbout(rule, name))?.text
}

function invalid(reason: string): { verdict: Verdict } {
  return { verdict: { kind: 'invalid', reason: headOf(reason, REASON_CHARACTERS) } }
}

async function judgeWish(deps: JudgeDeps, judging: Judging, wish: Wish): Promise<Judged> {
  const judged = await permit(deps, judging, wish)
  if (wish.tool.name !== AGENT_TOOL || judged.verdict.kind !== 'run') return judged
  const { name, task } = AgentToolInput.parse(judged.changed ? judged.changed.input : wish.input)
  const { agents, depth } = judging.stored
  const names = startableAgents(agents).map((agent) => agent.name)
  if (!names.includes(name))
    return invalid(`there is no agent ${JSON.stringify(headOf(name, 100))}: ${didYouMean(name, names)}`)
  if (depth >= MAX_AGENT_DEPTH)
    return { verdict: { kind: 'refuse', by: 'depth', reason: `agents start agents at most ${MAX_AGENT_DEPTH} deep` } }
  return { ...judged, verdict: { kind: 'agent', name, task } }
}
