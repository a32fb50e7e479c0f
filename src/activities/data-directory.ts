// Our data directory may be within a workspace: then it is no part of anybody's work.
import { relative, sep } from 'node:path'

/** From the workspace, with slashes; undefined: it is elsewhere. `place`: of the store, absolute. */
export function dataDirectoryIn(workspace: string, place: string): string | undefined {
  const inside = relative(workspace, place).split(sep)
  const home = inside.slice(0, inside.lastIndexOf('store'))
  return inside[0] !== '..' && home.length > 0 ? home.join('/') : undefined
}
