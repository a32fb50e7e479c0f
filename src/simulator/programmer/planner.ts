// The simulated planner: looks at a few files of the repository, then answers with the plan of the program that fits the
// request, or with one made of the request's own words. Constraints and what a person says of a plan go into every task.
import type { Reply } from '../reply.js'
import { type MessagesRequest, toolsOf } from '../request.js'
import { concluding, offeredTool, usesIn, using } from '../tool-uses.js'
import { genericPlan } from './generic-plan.js'
import type { Plan, Planned, Program } from './program.js'
import { splitPlan } from './split-plan.js'
import { blockOf, constraintsIn, lastWith, splitIn } from './texts.js'

/** Undefined for anybody who is not asked for a plan with stages. */
export function plannerReply(request: MessagesRequest, programs: Program[]): Reply | undefined {
  const last = lastWith(request, 'repository')
  const asked = last && blockOf(last.text, 'request')
  if (!last || asked === undefined || !wantsStages(request)) return undefined
  const files = (blockOf(last.text, 'repository') ?? '')
    .split('\n')
    .filter((line) => line !== '' && !/^… and /.test(line))
  const split = splitIn(asked)
  const program = programs.find(({ fits }) => fits(asked))
  const uses = usesIn(last.after)
  const look = uses.length > 0 || request.tool_choice?.type === 'none' ? undefined : firstLook(request, files, program)
  if (look) return look
  const tail = last.text.slice(last.text.indexOf('\n</repository>'))
  const told = blockOf(tail, 'plan') === undefined ? undefined : blockOf(tail, 'note')
  // A person's words change the plan; a check's are about what was wrong with it, which this one is not.
  const note = told !== undefined && /^The person who asked /m.test(tail) ? told : undefined
  const planned = program && (split.length === 0 ? program.plan : splitPlan(program.plan, split))
  const plan = planned ?? genericPlan(asked, files)
  const shaped = note === undefined ? plan : reshaped(plan, note)
  const wishes = [...constraintsIn(asked), ...(note === undefined ? [] : [note])]
  const faulty = told === undefined && /\bSIMULATED: the first plan shares a file\b/.test(asked)
  return concluding(request, uses, labelled(constrained(faulty ? sharing(shaped) : shaped, wishes)))
}

function wantsStages(request: MessagesRequest): boolean {
  const schema = request.output_config?.format?.schema ?? toolsOf(request).find(isAnswer)?.input_schema
  return typeof schema?.properties === 'object' && schema.properties !== null && 'stages' in schema.properties
}
const isAnswer = ({ name }: { name: string }) => name === 'StructuredOutput'

function firstLook(request: MessagesRequest, files: string[], program: Program | undefined): Reply | undefined {
  const [read, glob, grep] = ['Read', 'Glob', 'Grep'].map((name) => offeredTool(request, name))
  const usual = files.filter((file) => /(^|\/)(readme\.md|package\.json|pyproject\.toml|makefile)$/i.test(file))
  const look = (program?.look.filter((file) => files.includes(file)) ?? usual).slice(0, 3)
  const calls: [tool: string | undefined, input: Record<string, unknown>][] = [
    [glob, { pattern: '**/*' }],
    [grep, { pattern: 'test' }],
    ...look.map((file_path): [string | undefined, Record<string, unknown>] => [read, { file_path }]),
  ]
  const offered = calls.flatMap(([tool, input]): [string, Record<string, unknown>][] => (tool ? [[tool, input]] : []))
  return offered.length > 0 ? using(offered) : undefined
}

const labelled = (plan: Plan): Plan => ({ ...plan, summary: `SIMULATED: ${plan.summary.replace(/^SIMULATED: /, '')}` })

function eachAgent(plan: Plan, change: (agent: Planned) => Planned): Plan {
  return { ...plan, stages: plan.stages.map((stage) => ({ ...stage, agents: stage.agents.map(change) })) }
}

function constrained(plan: Plan, wishes: string[]): Plan {
  if (wishes.length === 0) return plan
  const text = `\n\nRequirements:\n${wishes.map((wish) => `- ${wish}`).join('\n')}`
  return eachAgent(plan, (agent) => ({ ...agent, task: `${agent.task}${text}` }))
}

/** The two wishes about the shape of a plan that are understood. */
function reshaped(plan: Plan, note: string): Plan {
  const agents = plan.stages.flatMap((stage) => stage.agents)
  if (/\bone agent\b/i.test(note) && agents.length > 1) return { ...plan, stages: [single(plan, agents)] }
  if (!/\b(?:without|no) tests\b/i.test(note)) return plan
  const tests = (agent: Planned) => agent.files.every((file) => /test/i.test(file))
  const stages = plan.stages.map((stage) => ({ ...stage, agents: stage.agents.filter((agent) => !tests(agent)) }))
  return agents.every(tests) ? plan : { ...plan, stages: stages.filter((stage) => stage.agents.length > 0) }
}

function single(plan: Plan, agents: Planned[]): Plan['stages'][number] {
  const sum = (field: string) => agents.reduce((total, agent) => total + Number(agent[field] ?? 0), 0)
  const agent: Planned = {
    what: plan.summary.replace(/^SIMULATED: /, '').slice(0, 60),
    task: agents.map(({ task }) => task).join('\n'),
    files: [...new Set(agents.flatMap(({ files }) => files))],
    criteria: agents.flatMap(({ criteria }) => criteria),
    ...{ model: null, tokens: sum('tokens'), minutes: sum('minutes') },
  }
  return { title: 'Everything', mode: 'sequential', agents: [agent] }
}

/** What no plan may do. */
function sharing(plan: Plan): Plan {
  const stage = plan.stages.find(({ mode, agents }) => mode === 'parallel' && agents.length > 1)
  const [first, second] = stage?.agents ?? []
  if (!first || !second) return plan
  return eachAgent(plan, (agent) => (agent === second ? { ...agent, files: [...agent.files, ...first.files] } : agent))
}
