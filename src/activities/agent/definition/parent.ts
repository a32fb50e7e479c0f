// Of a child: what its parent is, and so what the child may be at most. Whatever the child's own definition says, its
// servers, its place and its depth stay within its parent's.
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { MAX_AGENT_DEPTH } from '../../../contracts/agent.js'
import type { Hooks, McpServer } from '../../../contracts/schemas/agent.js'
import { StorageError } from '../../../storage/storage-error.js'
import { ownedByBoth } from '../../../tools/owned.js'
import { InputError } from '../../input-error.js'
import type { JudgeDeps } from '../deps.js'
import { isWithin } from './places.js'
import type { StoredAgent } from './stored-agent.js'

export async function parentOf(deps: JudgeDeps, ref: string): Promise<StoredAgent> {
  const parent = await deps.requests.json<StoredAgent>(ref).catch((error: unknown) => {
    if (error instanceof StorageError && error.kind === 'unreachable') throw error
    throw new InputError(`parent.agent: ${ref} is no agent in this worker's store`)
  })
  if (!Array.isArray(parent.permissions)) throw new InputError(`parent.agent: ${ref} is no agent`)
  if (parent.depth >= MAX_AGENT_DEPTH)
    throw new InputError(`agents start agents at most ${MAX_AGENT_DEPTH} deep; ${parent.definition.name} is that deep`)
  return parent
}

/** The parent's, all of them; the child's own definition may name them again but bring no other. */
export function serversWithin(parent: StoredAgent, own: Record<string, McpServer>): Record<string, McpServer> {
  for (const [name, server] of Object.entries(own)) {
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify(server)), parent.mcpServers[name]))
      throw new InputError(
        `mcpServers.${name}: its parent ${parent.definition.name} has no such server; a child has no more than its parent`,
      )
  }
  return parent.mcpServers
}

export function placeWithin(parent: StoredAgent, workspace: string | undefined): string | undefined {
  if (workspace === undefined) return parent.workspace
  if (parent.workspace === undefined || !isWithin(parent.workspace, workspace))
    throw new InputError(
      `workspace: ${workspace} is outside its parent's; wanted one inside ${parent.workspace ?? 'a workspace'}`,
    )
  return workspace
}

/** Absolute. Without a parent: its own; a child owns no more than its parent. */
export function ownedWithin(
  parent: StoredAgent | undefined,
  workspace: string | undefined,
  own: string[] | undefined,
): string[] | undefined {
  if (own && workspace === undefined)
    throw new InputError('owns: means nothing without a workspace; wanted a workspace, too')
  const owned = own?.map((path) => join(workspace ?? '/', path))
  return ownedByBoth(parent?.owns, owned)
}

/** The parent's hooks hear of the child's tools, too. */
export function joinHooks(...all: (Hooks | undefined)[]): Hooks | undefined {
  const events = new Set(all.flatMap((hooks) => Object.keys(hooks ?? {}) as (keyof Hooks)[]))
  if (events.size === 0) return undefined
  return Object.fromEntries(Array.from(events, (event) => [event, all.flatMap((hooks) => hooks?.[event] ?? [])]))
}
