// An agent that owns files writes no others, whatever its mode, its lists, a handler or a person's edited arguments say.
// Judged with the call, and again when it runs, because where a path leads can change in between.
import type { Decision } from '../../../permissions/decide.js'
import { isOwned, listOwned, notYours, shownFrom } from '../../../tools/owned.js'
import type { Tool } from '../../../tools/tool.js'
import { placesOf } from '../definition/places.js'
import type { StoredAgent } from '../definition/stored-agent.js'

type Owner = Pick<StoredAgent, 'owns' | 'workspace'>

/** @param paths absolute, as given and where links lead; undefined: the tool does not say */
export function ownershipOf(owner: Owner, tool: Tool, paths: string[] | undefined): Decision[] {
  const { owns, workspace } = owner
  if (!owns || workspace === undefined || tool.permission !== 'edit') return []
  const refuse = (reason: string): Decision[] => [{ kind: 'refuse', by: 'owns', reason }]
  if (!paths || paths.length === 0)
    return refuse(`${tool.name} does not say which files it writes: you own ${listOwned(owns, workspace)}`)
  const foreign = paths.find((path) => !isOwned(owns, path))
  return foreign === undefined ? [] : refuse(notYours(shownFrom(workspace, foreign), owns, workspace))
}

/** Why a call that was judged may not write where it leads now. */
export async function foreignNow(owner: Owner, tool: Tool, input: unknown): Promise<string | undefined> {
  const { owns, workspace } = owner
  if (!owns || workspace === undefined || tool.permission !== 'edit') return undefined
  const named = tool.paths?.(input)
  const places = named && (await placesOf(named, workspace))
  const [refused] = ownershipOf(owner, tool, places?.paths)
  return refused?.kind === 'refuse' ? `permission denied: ${refused.reason}` : undefined
}
