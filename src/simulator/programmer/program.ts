// What the scripted programmer does for one kind of request: a plan, and for each of its agents the files as they are when
// it is done. A program is a directory, so that it is read, run and changed like any other code:
//   <name>/program/program.json   what requests it is for, what is looked at, what each agent reads and runs
//   <name>/program/plan.json      the plan as the planner answers it
//   <name>/program/files/<n>/…    what the nth agent's files become; wrong/<n>/… with a mistake; revised/<n>/… on a wish
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { toTest } from '../rules.js'

/** What an agent does badly: "always" until a person says something, otherwise until it is asked again. */
export const VICES = [
  'fails',
  'always fails',
  'stops half way',
  'always stops half way',
  'writes outside',
  'breaks a test and hides it',
  'breaks a test',
] as const
export type Vice = (typeof VICES)[number]

const paths = z.array(z.string()).default([])
const Settings = z.strictObject({
  /** Any of them, as in rules: "/…/flags" is a regular expression, anything else a substring. */
  match: z.array(z.string().min(1)).min(1),
  /** Files the planner reads. */
  look: paths,
  /** In the order of the plan. `reads`: what it builds upon; `commands`: what it runs to see whether its work holds. */
  agents: z.array(z.strictObject({ reads: paths, commands: paths, vice: z.enum(VICES).optional() })),
})

const Planned = z.looseObject({
  what: z.string(),
  task: z.string(),
  files: z.array(z.string()),
  criteria: z.array(z.string()),
})
const Plan = z.looseObject({
  summary: z.string(),
  stages: z.array(z.looseObject({ title: z.string(), mode: z.string(), agents: z.array(Planned) })),
})
export type Plan = z.infer<typeof Plan>
export type Planned = z.infer<typeof Planned>

export type ProgramAgent = {
  task: string
  files: string[]
  /** Files that are there when it begins: others'. */
  reads: string[]
  commands: string[]
  vice?: Vice
  /** File → its text. */
  target: Map<string, string>
  wrong: Map<string, string>
  revised: Map<string, string>
}

export type Program = {
  name: string
  fits(request: string): boolean
  look: string[]
  plan: Plan
  agents: ProgramAgent[]
}

/** Every program of the directory. Throws one line naming the file and what is wrong with it. */
export function loadPrograms(directory: string): Program[] {
  if (!existsSync(directory)) throw new Error(`programs: there is no directory ${directory}`)
  const names = readdirSync(directory).filter((name) => existsSync(join(directory, name, 'program', 'program.json')))
  if (names.length === 0) throw new Error(`programs: ${directory} has none: wanted <name>/program/program.json`)
  return names.sort().map((name) => loadProgram(name, join(directory, name, 'program')))
}

function loadProgram(name: string, directory: string): Program {
  const settings = read(Settings, join(directory, 'program.json'))
  const plan = read(Plan, join(directory, 'plan.json'))
  const tests = settings.match.map(toTest)
  const planned = plan.stages.flatMap(({ agents }) => agents)
  const agents = planned.map(({ task, files }, index): ProgramAgent => {
    const own = settings.agents[index] ?? { reads: [], commands: [] }
    const of = (kind: string) => filesUnder(join(directory, kind, String(index + 1)))
    const target = of('files')
    const absent = files.find((file) => !target.has(file))
    if (absent !== undefined)
      throw new Error(`programs: ${name}: agent ${index + 1} owns ${absent}, which files/ lacks`)
    return { ...own, task, files, target, wrong: of('wrong'), revised: of('revised') }
  })
  return { name, fits: (request) => tests.some((test) => test(request)), look: settings.look, plan, agents }
}

function read<T>(schema: z.ZodType<T>, file: string): T {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`programs: ${file}: ${(error as Error).message}`)
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Error(`programs: ${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`)
}

function filesUnder(directory: string): Map<string, string> {
  if (!existsSync(directory)) return new Map()
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const found = entries.flatMap((entry): [string, string][] => {
    if (!entry.isFile()) return []
    const file = join(entry.parentPath, entry.name)
    return [[file.slice(directory.length + 1).replaceAll('\\', '/'), readFileSync(file, 'utf8')]]
  })
  return new Map(found)
}
