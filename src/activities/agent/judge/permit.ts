// From a wish that makes sense to its verdict: hooks hear of it first and may block it or change its arguments; then every
// set of permissions decides, an agent's own and those above it, with a handler where one is named; the strictest counts.
import { referredNames } from '../../../audit/redact.js'
import { toolStepOf, type Verdict } from '../../../contracts/agent.js'
import { runHooks } from '../../../hooks/run-hooks.js'
import { type Decision, decide, strictest } from '../../../permissions/decide.js'
import type { Use } from '../../../permissions/match.js'
import type { Tool } from '../../../tools/tool.js'
import { AGENT_TOOL } from '../definition/agent-tool.js'
import { placesOf } from '../definition/places.js'
import type { JudgeDeps } from '../deps.js'
import { askHandlers } from './ask-handlers.js'
import { ownershipOf } from './owned.js'
import { questionOf } from './question.js'
import { subjectOf } from './subject.js'
import { type Judged, type Judging, misfitOf, type Wish } from './wish.js'

type Place = { use: Use; inside: boolean | undefined }

export async function permit(deps: JudgeDeps, judging: Judging, wish: Wish): Promise<Judged> {
  const heard = await askHooks(deps, judging, wish)
  // One that fails says why, with whatever it had in hand.
  if (heard.block !== undefined)
    return refuse('hook', deps.secrets.redact(referredNames(JSON.stringify(judging.stored)))(heard.block))
  if (heard.input === undefined || judging.edited) return decided(deps, judging, wish)
  const misfit = misfitOf(wish.tool, heard.input)
  if (misfit !== undefined) return refuse('hook', `a hook put arguments in place that do not fit: ${misfit}`)
  return { changed: { input: heard.input }, ...(await decided(deps, judging, { ...wish, input: heard.input })) }
}

function askHooks(deps: JudgeDeps, { run, root, step, stored, signal }: Judging, { id, tool, input }: Wish) {
  const { hooks, definition, workspace } = stored
  const payload = {
    event: 'pre_tool_use',
    id: `${root.workflowId}/${root.firstRunId}/${toolStepOf(step, id)}/pre`,
    run,
    workflow: 'thread',
    agent: definition.name,
    at: new Date().toISOString(),
    tool: tool.name,
    input,
    ...(workspace !== undefined && { workspace }),
  } as const
  const context = { functions: deps.hookFunctions, env: deps.env, signal }
  return runHooks(hooks, payload, { ...context, ...(workspace !== undefined && { cwd: workspace }) })
}

async function decided(deps: JudgeDeps, judging: Judging, wish: Wish): Promise<Judged> {
  const { edited } = judging
  const { tool, input } = wish
  const place = await placeOf(judging, wish)
  if (place.inside === false && (tool.permission === 'read' || tool.permission === 'edit'))
    return refuse('workspace', `${place.use.subject} is outside the workspace`)
  const decisions = decisionsOf(judging, tool, place)
  const refused = decisions.find(({ kind }) => kind === 'refuse')
  if (refused) return verdictOf(deps, judging, wish, place, refused)
  if (edited) return verdictOf(deps, judging, wish, place, { kind: 'run', by: 'arguments edited by a person' })
  const answered = await askHandlers(deps, judging, wish, { ...place, decisions })
  if (!answered.changed) return verdictOf(deps, judging, wish, place, strictest(answered.decisions))
  // Other arguments are another wish: they must fit, and no list may forbid them or want them asked about.
  const next = { ...wish, input: answered.changed.input }
  const misfit = misfitOf(tool, next.input)
  if (misfit !== undefined) return refuse(answered.by, `${answered.by}: its arguments do not fit: ${misfit}`)
  const nextPlace = await placeOf(judging, next)
  const again = decisionsOf(judging, tool, nextPlace).map((one, at) =>
    one.kind === 'handler' ? (answered.decisions[at] ?? one.otherwise) : one,
  )
  if (JSON.stringify(next.input) === JSON.stringify(input))
    return verdictOf(deps, judging, next, nextPlace, strictest(again))
  return { ...(await verdictOf(deps, judging, next, nextPlace, strictest(again))), changed: { input: next.input } }
}

function refuse(by: string, reason: string): Judged {
  return { verdict: { kind: 'refuse', by, reason } }
}

async function placeOf({ stored: { workspace } }: Judging, { tool, input }: Wish): Promise<Place> {
  const parsed = tool.schema.parse(input)
  const named = tool.paths?.(parsed)
  const places = named && (workspace === undefined ? { paths: named, inside: false } : await placesOf(named, workspace))
  const { name, permission } = tool
  return {
    use: {
      tool: { name, permission },
      subject: subjectOf(tool, input),
      ...(places && { paths: places.paths }),
      ...(workspace !== undefined && { workspace }),
    },
    inside: places?.inside,
  }
}

/** One of each set; then, of an agent that owns files, whether what is written is its own. */
function decisionsOf({ stored }: Judging, tool: Tool, { use, inside }: Place): Decision[] {
  const bySets = stored.permissions.map(({ mode, rules }) => decide({ ...use, inside, mode, rules: [rules] }))
  return [...bySets, ...ownershipOf(stored, tool, use.paths)]
}

async function verdictOf(
  deps: JudgeDeps,
  { root, stored }: Judging,
  { tool, input, toolbox }: Wish,
  { use }: Place,
  decision: Decision,
): Promise<Judged> {
  const changed = toolbox.changed(tool.name)
  const ask = async (by: string): Promise<Verdict> => ({
    kind: 'ask',
    by,
    question: await questionOf(deps, { root, stored, input, use, changed }),
  })
  // Nobody is asked about an agent being started, but about what it does.
  const kind = tool.name === AGENT_TOOL && decision.kind === 'ask' ? 'run' : decision.kind
  switch (kind) {
    case 'refuse':
      return { verdict: { kind, by: decision.by, reason: decision.kind === 'refuse' ? decision.reason : decision.by } }
    case 'run':
      if (changed) return { verdict: await ask('its definition changed since it was approved') }
      return { verdict: { kind, by: decision.by } }
    case 'ask':
      return { verdict: await ask(decision.by) }
    case 'handler':
      throw new Error(`the handler of ${decision.by} was not asked`)
    default:
      return kind satisfies never
  }
}
