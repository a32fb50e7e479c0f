// Looks at a running command ten times a second and says what it has too much of.
import { statfsSync } from 'node:fs'
import { descendantsOf, residentBytes } from './descendants.js'

export type Limits = {
  timeoutMs: number
  /** Said in all; more is a runaway that costs the worker its time. */
  outputBytes: number
  processes: number
  /** Of all processes together. */
  memoryBytes: number
  /** By which the free space of the workspace's disk may fall. */
  diskBytes: number
}

export type TooMuch = 'processes' | 'memory' | 'disk'

const LOOK_EVERY_MS = 100

/** @returns what ends the watching */
export function watch(
  { pid, cwd, limits }: { pid: number; cwd: string; limits: Limits },
  tooMuch: (what: TooMuch) => void,
): () => void {
  const free = freeBytes(cwd)
  // A disk that is nearly full is not filled up.
  const disk = Math.min(limits.diskBytes, free * 0.9)
  const look = () => {
    const all = descendantsOf(pid, limits.processes)
    if (all.length > limits.processes) tooMuch('processes')
    else if (all.reduce((sum, one) => sum + residentBytes(one.pid), 0) > limits.memoryBytes) tooMuch('memory')
    else if (free - freeBytes(cwd) > disk) tooMuch('disk')
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}
