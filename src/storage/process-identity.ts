// Whether another process on this machine is dead can be known at once, without waiting for its lease: its process id is
// gone, or belongs to a process that started at another time. Of a process elsewhere (another host, another container)
// nothing is known this way.
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** `machine` is equal only where process ids mean the same; `started` is in the kernel's ticks, where it tells. */
export type ProcessIdentity = { machine: string; pid: number; started?: string }

export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid)
}

/** Of a process of this machine. */
export function identityOf(pid: number): ProcessIdentity {
  const machine = [hostname(), ...(process.platform === 'linux' ? linuxBootAndNamespace() : [])].join(' ')
  return { machine, pid, started: statusOf(pid)?.started }
}

/** true: certainly dead. false: alive, or on another machine, or not to be known. */
export function isDead(other: ProcessIdentity, own: ProcessIdentity): boolean {
  if (other.machine !== own.machine) return false
  try {
    process.kill(other.pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
  const status = statusOf(other.pid)
  if (!status || !other.started) return false
  return status.started !== other.started || 'ZX'.includes(status.state) // a zombie waits for its parent only
}

const linuxBootAndNamespace = () => [
  readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  readlinkSync('/proc/self/ns/pid'),
]

/** undefined where the system has no /proc, or the process ended just now. */
function statusOf(pid: number): { state: string; started: string } | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ') // the program's name may hold anything
  return { state: fields[0]!, started: fields[19]! }
}
