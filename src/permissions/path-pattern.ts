// Patterns of paths, as people know them from ignore files: `src/**`, `*.env` (anywhere), `/docs` (of the workspace's own
// directory), `//etc/**` (absolute). A pattern that names a directory holds for all that is in it.
import { fitsGlob } from './text-pattern.js'

/** A pattern's segments; `anywhere`: at any depth. */
type PathPattern = { segments: string[]; absolute: boolean }

function parse(pattern: string): PathPattern {
  const absolute = pattern.startsWith('//')
  const anchored = pattern.replace(/^\.\//, '/')
  const segments = anchored.split('/').filter((segment) => segment !== '' && segment !== '.')
  // Without a slash but a last one it is a name, wherever it is.
  const isName = !anchored.replace(/\/$/, '').includes('/')
  return { segments: isName && segments[0] !== '**' ? ['**', ...segments] : segments, absolute }
}

/** @param path absolute; @param workspace absolute: what patterns start from. */
export function matchesPath(pattern: string, path: string, workspace: string | undefined): boolean {
  const place = placeOf(pattern, path, workspace)
  return place !== undefined && matches(place.wanted, place.path, 'at')
}

/** Whether something below the directory `path` could be matched: for tools that read whole directories. */
export function mayMatchBelow(pattern: string, path: string, workspace: string | undefined): boolean {
  const place = placeOf(pattern, path, workspace)
  return place !== undefined && (matches(place.wanted, place.path, 'below') || matches(place.wanted, place.path, 'at'))
}

function placeOf(pattern: string, path: string, workspace: string | undefined) {
  const { segments, absolute } = parse(pattern)
  if (absolute) return { wanted: segments, path: split(path) }
  if (workspace === undefined) return undefined
  if (path === workspace) return { wanted: segments, path: [] }
  const root = workspace.endsWith('/') ? workspace : `${workspace}/`
  return path.startsWith(root) ? { wanted: segments, path: split(path.slice(root.length)) } : undefined
}

const split = (path: string) => path.split('/').filter((segment) => segment !== '')

/**
 * `at`: the path or a directory it is in. `below`: the path is a directory on the way. From the last segment backwards,
 * each with every place in the path once: tried one after the other, a long path would take for ever.
 */
function matches(wanted: string[], path: string[], how: 'at' | 'below'): boolean {
  let after = path.map(() => how === 'at').concat(how === 'at')
  for (let index = wanted.length - 1; index >= 0; index--) {
    const want = wanted[index] ?? ''
    const isDeep = want === '**'
    if (isDeep && (how === 'below' || index === wanted.length - 1)) {
      after = after.map(() => true)
      continue
    }
    const here = after.map(() => false)
    here[path.length] = !isDeep && how === 'below'
    for (let at = path.length - 1; at >= 0; at--)
      here[at] = isDeep
        ? (after[at] ?? false) || (here[at + 1] ?? false)
        : (after[at + 1] ?? false) && fitsName(want, path[at] ?? '')
    after = here
  }
  return after[0] ?? false
}

/** A star stands for anything, a question mark for one character. After a mistake only the last star is tried again. */
function fitsName(pattern: string, name: string): boolean {
  if (!pattern.includes('?')) return fitsGlob(pattern, name)
  const [wanted, given] = [Array.from(pattern), Array.from(name)]
  let [next, star, from] = [0, -1, 0]
  for (let at = 0; at < given.length; ) {
    const want = wanted[next]
    if (want === '*') {
      star = next++
      from = at
    } else if (want === '?' || want === given[at]) {
      next++
      at++
    } else if (star >= 0) {
      next = star + 1
      at = ++from
    } else return false
  }
  return wanted.slice(next).every((want) => want === '*')
}
