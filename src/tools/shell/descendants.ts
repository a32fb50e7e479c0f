// The processes a command has become, so that one that multiplies or swells is ended and all of it is asked to end. The
// kernel's own limit of processes does not hold for root, and its limit of memory holds for each process alone.
import { readdirSync, readFileSync } from 'node:fs'

/** `generation`: 0 for the first one, 1 for its children. */
export type Descendant = { pid: number; generation: number }

const PAGE_BYTES = 4096

/**
 * Everything that comes from `pid`, itself included; a little more than `atMost` at most. Where there is no /proc, only
 * itself. Reads synchronously: of a fork bomb an awaited answer would be old news.
 */
export function descendantsOf(pid: number, atMost: number): Descendant[] {
  const found: Descendant[] = [{ pid, generation: 0 }]
  for (const { pid: parent, generation } of found) {
    if (found.length > atMost) break
    found.push(...childrenOf(parent).map((child) => ({ pid: child, generation: generation + 1 })))
  }
  return found
}

/** Without what it shares with others: libraries would count many times. */
export function residentBytes(pid: number): number {
  const [, resident = '0', shared = '0'] = ended(() => readFileSync(`/proc/${pid}/statm`, 'utf8'), '').split(' ')
  return Math.max(0, Number(resident) - Number(shared)) * PAGE_BYTES
}

function childrenOf(pid: number): number[] {
  return ended(() => readdirSync(`/proc/${pid}/task`), []).flatMap((task) =>
    ended(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'), '')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  )
}

/** A process may end while it is looked at. */
function ended<T>(read: () => T, none: T): T {
  try {
    return read()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return none
    throw error
  }
}
