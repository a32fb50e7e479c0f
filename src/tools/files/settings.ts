// What every file tool works with.
import { ToolRefusal } from '../refusal.js'
import type { Workspace } from '../workspace.js'
import type { Changes } from './changes.js'

/** `hidden`: absolute real paths no tool reads or writes. */
export type FileSettings = { hidden: string[]; changes: Changes }

export function workspaceOf(
  cwd: string | undefined,
  { hidden }: Pick<FileSettings, 'hidden'>,
  owns?: string[],
): Workspace {
  if (cwd === undefined) throw new ToolRefusal('there is no workspace: the run names none')
  return { root: cwd, hidden, ...(owns && { owns }) }
}
