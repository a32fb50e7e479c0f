// Waiting for answers: asked for by query, because an update that waits for a model would hold one of the ten places a run
// has. All turns a handle waits for share one loop; as turns end in order, it asks for the oldest few, and for the others
// in turn, so that a thousand at once cost no more than four.
import { setTimeout as sleep } from 'node:timers/promises'
import { isGrpcDeadlineError, QueryNotRegisteredError } from '@temporalio/client'
import { answer } from '../../contracts/messages.js'
import type { TurnAnswer } from '../../contracts/thread.js'
import { ConnectionError, InvalidInputError, NoWorkerError, translated } from '../errors.js'
import { OUTAGE_MS, SILENCE_MS, silence } from '../events.js'
import type { Server } from '../server.js'

const FASTEST_MS = 100
const SLOWEST_MS = 1000
const SLOWER = 1.3
const OLDEST = 3
const QUERY_MS = 5000

export type EndedTurn = Exclude<TurnAnswer, { status: 'pending' }>

export type Answers = {
  /**
   * Resolves when the turn has ended; a worker that is away is waited for, and `warn` told once. Throws RunNotFoundError,
   * InvalidInputError for a turn there is not, ConnectionError after a minute without the server.
   */
  of(turn: number, options: { signal?: AbortSignal; warn?: (message: string) => void }): Promise<EndedTurn>
}

type Waiter = {
  turn: number
  done: (ended: EndedTurn) => void
  failed: (error: unknown) => void
  warn: ((message: string) => void) | undefined
}

/** When each last answered, in milliseconds. */
type Contact = { worker: number; server: number; warned: boolean }

export function answers(server: Server, id: string): Answers {
  const waiting = new Set<Waiter>()
  let running = false
  let hurry = new AbortController()

  const ask = async (waiter: Waiter): Promise<boolean> => {
    const { turn } = waiter
    const told = await server.client.withDeadline(Date.now() + QUERY_MS, () =>
      server.client.workflow.getHandle(id).query(answer, { turn }),
    )
    if (told.status === 'pending') return false
    if (waiting.delete(waiter)) waiter.done(told)
    return true
  }
  const fail = (waiter: Waiter, error: unknown) => {
    if (waiting.delete(waiter)) waiter.failed(error)
  }
  /** Whether it is over; an error that will not pass ends it, too. */
  const look = async (waiter: Waiter, contact: Contact): Promise<boolean> => {
    try {
      const over = await ask(waiter)
      Object.assign(contact, { worker: Date.now(), server: Date.now(), warned: false })
      return over
    } catch (thrown) {
      const error = queryError(server, id, thrown)
      if (error instanceof NoWorkerError) contact.server = Date.now()
      const passes = error instanceof ConnectionError && Date.now() - contact.server < OUTAGE_MS
      if (!passes && !(error instanceof NoWorkerError)) fail(waiter, error)
      return false
    }
  }
  const loop = async () => {
    const contact: Contact = { worker: Date.now(), server: Date.now(), warned: false }
    let [pause, place] = [FASTEST_MS, 0]
    while (waiting.size > 0) {
      const all = [...waiting]
      const others = all.slice(OLDEST)
      const asked = [...all.slice(0, OLDEST), ...(others.length > 0 ? [others[place++ % others.length]!] : [])]
      const slow = setTimeout(() => warnOfSilence(server, waiting, contact), SILENCE_MS)
      const ended = await Promise.all(asked.map((waiter) => look(waiter, contact)))
      clearTimeout(slow)
      if (Date.now() - contact.worker > SILENCE_MS) warnOfSilence(server, waiting, contact)
      if (ended.includes(true)) {
        pause = FASTEST_MS
        continue
      }
      hurry = new AbortController()
      const hurried = await sleep(pause, false, { signal: hurry.signal }).catch(() => true)
      pause = hurried ? FASTEST_MS : Math.min(SLOWEST_MS, pause * SLOWER)
    }
    running = false
  }

  return {
    of(turn, { signal, warn }) {
      return new Promise((resolve, reject) => {
        const waiter: Waiter = { turn, done: resolve, failed: reject, warn }
        if (signal) {
          const leave = () => fail(waiter, signal.reason)
          if (signal.aborted) return reject(signal.reason)
          signal.addEventListener('abort', leave, { once: true })
          waiter.done = (ended) => {
            signal.removeEventListener('abort', leave)
            resolve(ended)
          }
        }
        waiting.add(waiter)
        hurry.abort()
        if (running) return
        running = true
        void loop()
      })
    },
  }
}

function warnOfSilence(server: Server, waiting: Set<Waiter>, contact: Contact): void {
  if (contact.warned) return
  contact.warned = true
  for (const { warn } of waiting) warn?.(silence(server, 'the answer waits'))
}

function queryError(server: Server, id: string, error: unknown): unknown {
  // The thread's own refusal comes under this name, too.
  if (error instanceof QueryNotRegisteredError) return new InvalidInputError(`thread "${id}": ${error.message}`)
  if (isGrpcDeadlineError(error)) return new NoWorkerError(`no worker on task queue "${server.taskQueue}" answers`)
  return translated(error, { server: server.address, run: id })
}
