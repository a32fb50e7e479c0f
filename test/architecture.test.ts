// The layout is a promise: who may import whom, no cycles, a workflow bundle without what a workflow must not have, and
// a public surface that changes only on purpose.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AHEAD } from '../src/contracts/failures.js'

const SRC = join(import.meta.dirname, '../src')
/** Bundled from what is built, as at every start without a ready bundle. */
const BUILT = new URL('../dist/workers/bundle.js', import.meta.url).href
const MAX_BUNDLE_BYTES = 3_300_000

type Import = { file: string; from: string; to: string; typeOnly: boolean; specifier: string }
type Rule = { may: string[]; asType?: string[] }

const TEMPORAL = (...names: string[]) => names.map((name) => `@temporalio/${name}`)
const NODE = 'node:'
const ANTHROPIC = '@anthropic-ai/sdk'

/** What each room may import besides itself: rooms, `node:`, packages. */
const RULES: Record<string, Rule> = {
  'contracts/schemas': { may: ['zod', 'contracts'] },
  contracts: { may: TEMPORAL('common'), asType: ['contracts/schemas'] },
  workflows: {
    // The last one is a person's own file, named when their worker starts.
    may: ['contracts', ...TEMPORAL('workflow', 'workflow-streams', 'common'), 'ensemble-own-workflows'],
    asType: ['activities', 'contracts/schemas'],
  },
  activities: {
    may: [
      'contracts',
      'contracts/schemas',
      'agents',
      'audit',
      'git',
      'hooks',
      'mcp',
      'permissions',
      'storage',
      'tools',
      'zod',
      'tinyglobby',
      'unpdf',
      NODE,
      ANTHROPIC,
      ...TEMPORAL('activity', 'common', 'workflow-streams'),
    ],
    // What was set reaches them as an argument.
    asType: ['config'],
  },
  agents: { may: ['contracts', 'contracts/schemas', 'zod', 'yaml', NODE] },
  tools: { may: ['contracts', 'contracts/schemas', 'zod', 'tinyglobby', NODE, ANTHROPIC] },
  audit: { may: ['contracts', 'zod', NODE] },
  git: { may: ['contracts', 'zod', NODE] },
  hooks: { may: ['contracts', 'zod', NODE], asType: ['contracts/schemas'] },
  mcp: { may: ['contracts', 'zod', NODE, '@modelcontextprotocol/client'], asType: ['contracts/schemas', 'tools'] },
  permissions: { may: ['contracts', NODE], asType: ['contracts/schemas'] },
  storage: { may: ['contracts', 'zod', NODE] },
  workers: {
    may: ['config', 'contracts', 'activities', 'audit', 'mcp', 'storage', 'tools', NODE, 'pino', ...TEMPORAL('worker')],
    asType: ['hooks', 'permissions'],
  },
  client: {
    may: [
      'contracts',
      'contracts/schemas',
      'audit',
      // Agents as files are read where they are.
      'agents/agent-file',
      'agents/builtin',
      'storage',
      'zod',
      NODE,
      ...TEMPORAL('client', 'common', 'envconfig', 'workflow-streams'),
    ],
    asType: ['workflows', 'config'],
  },
  // worker, testing: the SDK's own download of the server's program.
  local: { may: ['config', NODE, ...TEMPORAL('client', 'envconfig', 'testing', 'worker'), 'agents/models'] },
  simulator: { may: ['agents/models', 'zod', 'unpdf', NODE], asType: [ANTHROPIC] },
  config: { may: ['contracts', 'contracts/schemas', 'permissions', NODE, 'zod', ...TEMPORAL('envconfig')] },
  cli: {
    may: [
      ...['client', 'contracts', 'contracts/schemas', 'config', 'local', NODE, 'zod'],
      ...['commander', '@clack/prompts', 'log-update', 'picocolors'],
    ],
  },
  compat: { may: ['client', 'contracts', 'contracts/schemas', 'config', 'index'] },
  index: { may: ['client', 'contracts', 'contracts/schemas', 'config', 'local', NODE] },
  workflow: { may: ['workflows'], asType: ['contracts'] },
  worker: { may: ['config', 'local', 'tools', 'workers', NODE], asType: ['hooks', 'permissions'] },
}

const imports = sources(SRC).flatMap(importsOf)

describe('imports', () => {
  it('are found at all', () => {
    expect(imports.length).toBeGreaterThan(300)
  })

  it('come from rooms that are known', () => {
    const rooms = readdirSync(SRC, { withFileTypes: true }).map(({ name }) => name.replace(/\.ts$/, ''))
    expect(rooms.filter((room) => !(room in RULES))).toEqual([])
  })

  it('keep to the table', () => {
    expect(imports.filter((one) => !allowed(one)).map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual(
      [],
    )
  })

  it('of workflows into the sandbox leave out what only types may come from', () => {
    const values = imports.filter(({ from, typeOnly }) => from === 'workflows' && !typeOnly)
    expect(values.length).toBeGreaterThan(20)
    expect(values.filter(({ to }) => ['activities', 'contracts/schemas', NODE, 'zod', ANTHROPIC].includes(to))).toEqual(
      [],
    )
  })

  it('form no cycle, types apart', () => {
    expect(cycles(imports)).toEqual([])
  })

  it('that would break the rules are seen', () => {
    const bad = { file: 'workflows/x.ts', from: 'workflows', specifier: 'node:fs', to: NODE, typeOnly: false }
    expect(allowed(bad)).toBe(false)
    expect(allowed({ ...bad, to: 'activities' })).toBe(false)
    expect(allowed({ ...bad, to: 'activities', typeOnly: true })).toBe(true)
    const edge = (file: string, target: string) => ({ ...bad, file, specifier: target, target })
    expect(cycles([edge('a.ts', 'b.ts'), edge('b.ts', 'a.ts')])).toHaveLength(1)
  })
})

describe('the workflow bundle', () => {
  it('builds with nothing ignored, holds no zod and no SDK of the model, and is small', async () => {
    const { buildBundle } = (await import(BUILT)) as typeof import('../src/workers/bundle.js')
    const code = await buildBundle()
    expect(code.length).toBeLessThan(MAX_BUNDLE_BYTES)
    expect(code).toContain('no signal is called')
    expect(code).toContain(AHEAD)
    for (const stranger of ['node_modules/zod', 'ZodError', 'node_modules/@anthropic-ai'])
      expect(code).not.toContain(stranger)
    expect(readFileSync(join(SRC, 'workers/bundle.ts'), 'utf8')).not.toContain('ignoreModules')
  })
})

describe('the public library', () => {
  it('exports these names', async () => {
    expect(Object.keys(await import('../src/index.js')).sort()).toMatchInlineSnapshot(`
      [
        "AnswerRefusedError",
        "ConfigError",
        "ConnectionError",
        "EnsembleError",
        "FAILURE",
        "InvalidInputError",
        "MessageRefusedError",
        "NEEDS",
        "NoResultError",
        "NoWorkerError",
        "NotStoredError",
        "RunNotFoundError",
        "ThreadClosedError",
        "TurnFailedError",
        "connect",
        "route",
      ]
    `)
    expect(typesOf('index.ts')).toMatchInlineSnapshot(`
      [
        "AccountInput",
        "AccountResult",
        "AgentDefinition",
        "AgentOptions",
        "Answer",
        "AnswerKind",
        "Approval",
        "Approving",
        "AuditEntry",
        "BudgetState",
        "Citation",
        "CodeInput",
        "CodePlan",
        "CodeReport",
        "CodeResult",
        "Content",
        "ContentBlock",
        "Decided",
        "DelegateInput",
        "DelegateResult",
        "DocumentsInput",
        "DocumentsResult",
        "Ensemble",
        "EventOptions",
        "Finding",
        "Item",
        "ItemResult",
        "ItemState",
        "ItemStatus",
        "ModelServer",
        "OnText",
        "OnTexts",
        "OpenApproval",
        "OwnWorkflow",
        "ParallelInput",
        "ParallelResult",
        "PendingWrite",
        "PlannedResult",
        "Price",
        "Recommendation",
        "Ref",
        "Refused",
        "Reply",
        "RerunOptions",
        "Resolved",
        "ReviewInput",
        "ReviewResult",
        "Revision",
        "Run",
        "RunEnd",
        "RunEvent",
        "RunFacts",
        "RunInputs",
        "RunResult",
        "RunResults",
        "RunState",
        "RunStatus",
        "Said",
        "SendOptions",
        "SessionAudit",
        "Severity",
        "StartOptions",
        "StatusReport",
        "Steering",
        "TaskTree",
        "TestReport",
        "Text",
        "TextCounts",
        "TextRef",
        "Thread",
        "ThreadInput",
        "ThreadOptions",
        "ThreadResult",
        "Turn",
        "Usage",
        "Usd",
        "Waiting",
        "WaitingApproval",
        "WorkflowName",
      ]
    `)
  })
})

describe("the library for people's own workflows", () => {
  it('exports these names to workflow code', () => {
    expect(exportsOf('workflow.ts')).toMatchInlineSnapshot(`
      [
        "approval",
        "call",
        "fanOut",
        "interruption",
        "thread",
        "type Answer",
        "type Block",
        "type Call",
        "type FanOut",
        "type ItemResult",
        "type ItemStatus",
        "type OwnResult",
        "type Question",
        "type RunResult",
        "type RunStatus",
        "type StandardSchema",
        "type Text",
        "type TextRef",
        "type Thread",
        "type ThreadSettings",
        "type Usage",
        "type Usd",
        "workflow",
      ]
    `)
  })

  it('exports these names to a worker', () => {
    expect(exportsOf('worker.ts')).toMatchInlineSnapshot(`
      [
        "ConfigError",
        "OutcomeUnknown",
        "WorkerOptions",
        "runWorker",
        "tool",
        "type HookFunction",
        "type PermissionHandler",
        "type Tool",
        "type ToolContext",
        "type ToolOutput",
      ]
    `)
  })
})

/** Values and types, as they are written. */
function exportsOf(file: string): string[] {
  const source = readFileSync(join(SRC, file), 'utf8')
  const lists = Array.from(source.matchAll(/^export (type )?\{([^}]*)\}/gm), ([, type = '', names = '']) =>
    named(names.split(',')).map((name) => type + name),
  )
  const own = Array.from(source.matchAll(/^export (?:async function|type) (\w+)/gm), ([, name = '']) => [name])
  return [...lists, ...own].flat().sort()
}

function typesOf(file: string): string[] {
  const source = readFileSync(join(SRC, file), 'utf8')
  const alone = Array.from(source.matchAll(/^export type \{([^}]*)\}/gm), ([, names = '']) => names.split(',')).flat()
  return named(alone)
}

function named(names: string[]): string[] {
  return names
    .map((name) => name.trim())
    .filter(Boolean)
    .sort()
}

function sources(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
}

function importsOf(file: string): (Import & { target?: string })[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  const statements = text.matchAll(/^(?:import|export)\s([^'"]*?\sfrom\s+|)['"]([^'"]+)['"]/gm)
  const loaded = Array.from(text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g), ([, specifier = '']) => ['', specifier])
  return [...Array.from(statements, ([, clause = '', specifier = '']) => [clause, specifier]), ...loaded].map(
    ([clause = '', specifier = '']) => {
      const typeOnly = /^type\s/.test(clause) || isTypesAlone(clause)
      const target = specifier.startsWith('.')
        ? relative(SRC, resolve(SRC, dirname(file), specifier)).replace(/\.js$/, '.ts')
        : undefined
      const to = target === undefined ? packageOf(specifier) : roomOf(target)
      return { file, from: roomOf(file), to, typeOnly, specifier, ...(target !== undefined && { target }) }
    },
  )
}

/** `{ type A, type B }` */
function isTypesAlone(clause: string): boolean {
  const names = /^\{([^}]*)\}/
    .exec(clause)?.[1]
    ?.split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  return names !== undefined && names.length > 0 && names.every((name) => name.startsWith('type '))
}

function roomOf(path: string): string {
  if (path.startsWith('contracts/schemas/')) return 'contracts/schemas'
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? path
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return NODE
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function allowed({ from, to, typeOnly, target }: Import & { target?: string }): boolean {
  const rule = RULES[from]
  if (!rule) return false
  const names = [to, ...(target ? [target.replace(/\.ts$/, '')] : [])]
  return names.some((name) => name === from || rule.may.includes(name) || (typeOnly && rule.asType?.includes(name)))
}

/** Every file that can reach itself, by the path it takes. */
function cycles(all: (Import & { target?: string })[]): string[] {
  const next = new Map<string, string[]>()
  for (const { file, target, typeOnly } of all)
    if (target !== undefined && !typeOnly) next.set(file, [...(next.get(file) ?? []), target])
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: string[]) => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file)) return
    done.add(file)
    for (const target of next.get(file) ?? []) visit(target, [...path, file])
  }
  for (const file of next.keys()) visit(file, [])
  return found
}
