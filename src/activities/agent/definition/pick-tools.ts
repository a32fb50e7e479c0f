// Which tools an agent has: what its list names of all there are. A name that means nothing is refused, because an agent
// without the tool it was meant to have does something else than was meant.
import type { McpServer } from '../../../contracts/schemas/agent.js'
import { McpFailure } from '../../../mcp/failure.js'
import { matchesTool } from '../../../permissions/rule.js'
import type { Tool } from '../../../tools/tool.js'
import { InputError } from '../../input-error.js'
import type { JudgeDeps } from '../deps.js'
import { type PinnedTool, pinned } from './definitions.js'
import { didYouMean } from './did-you-mean.js'

/** They work on files: without a workspace there are none. */
const NEED_WORKSPACE = ['Read', 'Write', 'Edit', 'Glob', 'Grep', 'Bash']

export async function allTools(
  deps: JudgeDeps,
  servers: Record<string, McpServer>,
  more: Tool[],
): Promise<PinnedTool[]> {
  const listed = await Promise.all(
    Object.entries(servers).map(async ([name, server]) => {
      const tools = await deps.mcp.tools(name, server).catch((error: unknown) => {
        if (error instanceof McpFailure) throw new InputError(error.message)
        throw error
      })
      return tools.map((tool) => pinned(tool, name))
    }),
  )
  const all = [...deps.tools.map((tool) => pinned(tool)), ...more.map((tool) => pinned(tool)), ...listed.flat()]
  const names = all.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new InputError(`tools: there are two called "${twice}"; wanted one of each name`)
  return all
}

/** The servers whose tools the list may mean: no other is started. */
export function needed(servers: Record<string, McpServer>, wanted: string[] | undefined): Record<string, McpServer> {
  const may = (name: string) => {
    const tools = `mcp__${name.replace(/[^\w-]/g, '_')}`
    return (
      wanted === undefined ||
      wanted.some((pattern) => begins(pattern.replace(/\*.*$/s, ''), `${tools}__`) || pattern === tools)
    )
  }
  return Object.fromEntries(Object.entries(servers).filter(([name]) => may(name)))
}

const begins = (a: string, b: string) => a.startsWith(b) || b.startsWith(a)

export type Picking = {
  wanted: string[] | undefined
  all: PinnedTool[]
  /** Only for agents that name them. */
  onlyWhenNamed: string[]
  workspace: string | undefined
}

/** In the order of all; duplicates and overlapping patterns count once. */
export function pickTools({ wanted, all, onlyWhenNamed, workspace }: Picking): PinnedTool[] {
  for (const pattern of wanted ?? []) check(pattern, all, workspace)
  const has = (name: string) =>
    wanted === undefined || wanted.some((pattern) => (pattern === '*' ? true : matchesTool(pattern, name)))
  return all.filter(
    ({ name }) =>
      has(name) &&
      (workspace !== undefined || !NEED_WORKSPACE.includes(name)) &&
      (!onlyWhenNamed.includes(name) || wanted?.includes(name) === true),
  )
}

function check(pattern: string, all: PinnedTool[], workspace: string | undefined): void {
  if (pattern.includes('('))
    throw new InputError(
      `tools: ${JSON.stringify(pattern)} has an argument; wanted the tool's name, and the argument in permissions.allow`,
    )
  if (NEED_WORKSPACE.includes(pattern) && workspace === undefined)
    throw new InputError(`workspace: is missing; ${pattern} works on files and wants an absolute path of a directory`)
  if (pattern === '*' || all.some(({ name }) => matchesTool(pattern, name))) return
  const names = all.map(({ name }) => name)
  throw new InputError(`tools: there is no ${JSON.stringify(pattern)}; ${didYouMean(pattern, names)}`)
}
