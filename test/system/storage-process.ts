// Starts storage-worker.mjs and talks to it; whatever is left of it ends with the test.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

type Reply = { id: string; value?: unknown; error?: string }
export type Begun = {
  kind: 'answered' | 'mine' | 'theirs'
  attempt: number
  answer: unknown
  earlier: { outcome?: string }[]
}

export async function storageProcess(dir: string, journal: { renewMs?: number; leaseMs?: number } = {}) {
  const child = fork(fileURLToPath(new URL('storage-worker.mjs', import.meta.url)), [dir, JSON.stringify(journal)])
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let last = 0
  const ask = async <T>(deed: string, given: unknown): Promise<T> => {
    const id = String(++last)
    child.send({ id, deed, given })
    const { value, error } = await reply(child, id)
    if (error) throw new Error(error)
    return value as T
  }
  await reply(child, 'ready')
  return {
    ask,
    begin: (name: string, call: unknown) => ask<Begun>('begin', { name, call }),
    /** Resolves when the process is dead of it. */
    async kill() {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      return (await exit)[1] as string
    },
    /** Resolves when the kernel says it is stopped. */
    async stop() {
      child.kill('SIGSTOP')
      for (;;) {
        const status = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        if (status.slice(status.lastIndexOf(')') + 2).startsWith('T')) return
        await new Promise((next) => setImmediate(next))
      }
    },
    resume: () => child.kill('SIGCONT'),
  }
}

function reply(child: ChildProcess, id: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null, signal: string | null) =>
      reject(new Error(`the process ended: ${code ?? signal}`))
    child.setMaxListeners(1_000)
    child.once('exit', gone)
    const listen = (message: Reply) => {
      if (message.id !== id) return
      child.off('message', listen).off('exit', gone)
      resolve(message)
    }
    child.on('message', listen)
  })
}
