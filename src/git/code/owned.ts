// What an agent may change: files by name, and directories with everything below them.
import { type Name, named, parentsOf } from './names.js'
import { RepositoryError } from './repository-error.js'

/** `directories` are also in `files`. */
export type Owned = { files: Set<Name>; has(name: Name): boolean }

/** `entries`: from the top of the repository, a directory with '/' at its end. @throws RepositoryError for others */
export function ownedBy(entries: string[]): Owned {
  const files = new Set<Name>()
  for (const entry of entries) {
    const parts = entry.split('/').filter((part) => part !== '' && part !== '.')
    if (entry.startsWith('/') || parts.includes('..') || entry.includes('\0'))
      throw new RepositoryError(`${JSON.stringify(entry)} is outside of the repository: wanted a path in it`)
    files.add(named(parts.join('/')))
  }
  const whole = files.has('')
  return {
    files,
    has(name) {
      if (whole || files.has(name)) return true
      for (const parent of parentsOf(name)) if (files.has(parent)) return true
      return false
    },
  }
}
