// Whether the process that left a lock behind is dead can be known at once: its process id is gone, or belongs to a
// process that started at another time, or the machine was started again. Of a process elsewhere (another host, another
// container) nothing is known this way.
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** `space` is equal only where process ids mean the same; `started`: in the kernel's ticks, '' where nothing tells. */
export type Owner = { pid: number; started: string; host: string; boot: string; space: string }

export const ownProcess = (): Owner => ({ pid: process.pid, started: statusOf(process.pid)?.started ?? '', ...here() })

/** true: certainly dead. false: alive, or elsewhere, or not to be known. */
export function isDead(owner: Owner): boolean {
  const { host, boot, space } = here()
  if (owner.host !== host) return false
  if (owner.boot !== boot) return true
  if (owner.space !== space) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  const status = statusOf(owner.pid)
  if (!status || owner.started === '') return false
  return status.started !== owner.started || 'ZX'.includes(status.state) // a zombie waits for its parent only
}

function here() {
  if (process.platform !== 'linux') return { host: hostname(), boot: '', space: '' }
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return { host: hostname(), boot, space: readlinkSync('/proc/self/ns/pid') }
}

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
