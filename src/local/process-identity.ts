// A process id alone says little: ids are reused, and mean other processes after a reboot or in another container. With
// the time the process started and the place where the id holds, "is it still there?" has an answer.
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** `boot` and `space` are equal only where process ids mean the same. */
export type ProcessIdentity = { pid: number; started: string; boot: string; space: string }

/** undefined when there is no such process, or only its remains (a zombie). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedByPs(pid)
  return started === undefined ? undefined : { pid, started, ...here() }
}

/** Only for processes of this machine and container. */
export function isAlive(process: ProcessIdentity): boolean {
  return identityOf(process.pid)?.started === process.started
}

const here = () => {
  if (process.platform !== 'linux') return { boot: hostname(), space: hostname() }
  return {
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    space: readlinkSync('/proc/self/ns/pid'),
  }
}

/** In clock ticks since boot. */
function startedOnLinux(pid: number): string | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ') // the program's name may hold anything
  return 'ZX'.includes(fields[0]!) ? undefined : fields[19]
}

function startedByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return line.startsWith('Z') ? undefined : line.slice(line.indexOf(' ')).trim()
  } catch {
    return undefined
  }
}
