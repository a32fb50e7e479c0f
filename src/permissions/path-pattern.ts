// Patterns of paths, as people know them from ignore files: `src/**`, `*.env` (anywhere), `/docs` (of the workspace's own
// directory), `//etc/**` (absolute). A pattern that names a directory holds for all that is in it.

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

/** `at`: the path or a directory it is in. `below`: the path is a directory on the way. */
function matches(wanted: string[], path: string[], how: 'at' | 'below'): boolean {
  const [want, ...rest] = wanted
  if (want === undefined) return how === 'at'
  if (want === '**') {
    if (how === 'below') return true
    if (rest.length === 0) return true
    return path.some((_, from) => matches(rest, path.slice(from), how))
  }
  const [name, ...below] = path
  if (name === undefined) return how === 'below'
  return segment(want).test(name) && matches(rest, below, how)
}

function segment(pattern: string): RegExp {
  const source = Array.from(pattern, (char) =>
    char === '*' ? '[^/]*' : char === '?' ? '[^/]' : char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
  )
  return new RegExp(`^${source.join('')}$`, 'u')
}
