// A conversation in hand. It lives on the server, not here: any program may open it by its id and go on, and what was sent
// is answered whether or not somebody waits.
import { randomUUID } from 'node:crypto'
import type { ContentBlock } from '../../contracts/conversation.js'
import { clear, close, interrupt, post, type StatusReport, steer } from '../../contracts/messages.js'
import { AnswerRefusedError, asking } from '../errors.js'
import { runHandle } from '../run.js'
import type { Server } from '../server.js'
import { answers } from './answers.js'
import { conversation, lengthOf, type Turn } from './conversation.js'
import { forkThread } from './fork.js'
import { type Tell, turnTexts } from './live.js'
import { checkMessage, checkTurn } from './message.js'
import { checkOptions, closed, existingThread, type GivenOptions } from './opening.js'
import type { Recorded } from './options.js'
import { type Reply, replyOf } from './reply.js'
import { sending } from './sending.js'

/** `onText`: the answer as it arrives; with `reset`, forget what came of this turn before. */
export type Waiting = {
  onText?: Tell
  /** Told once when no worker answers; the message waits. */
  onWarning?: (message: string) => void
  /** Stops waiting; a message that was taken is answered all the same. */
  signal?: AbortSignal
}
/**
 * `id`: the sender's own; a message sent again with it is the same turn (random unless given). `cacheHistory`: mark the
 * conversation so far for the prompt cache (default true). `onTurn`: the turn's number, when the message is taken.
 */
export type SendOptions = Waiting & { id?: string; cacheHistory?: boolean; onTurn?: (turn: number) => void }

/** Text, or content blocks of the Messages API. */
export type Said = string | ContentBlock[]

/**
 * Every method may throw RunNotFoundError and ConnectionError; those that send, InvalidInputError (a message or options
 * that no thread takes, or options other than the thread's), MessageRefusedError with the thread's reason, and
 * ThreadClosedError.
 */
export interface Thread {
  readonly id: string
  /** Whether it is there; throws when it is not what was wanted: InvalidInputError, ThreadClosedError. */
  exists(): Promise<boolean>
  /**
   * Sends a message and waits for its answer; sends of one handle are taken in the order they were made. Throws
   * TurnFailedError when the model gave none, NoWorkerError when nobody took the message for a minute.
   */
  send(said: Said, options?: SendOptions): Promise<Reply>
  /** Waits for the answer of a turn that was sent before, by anybody. */
  reply(turn: number, options?: Waiting): Promise<Reply>
  /** Sends a message without waiting, even while no worker is up. What is wrong with it is listed in `status().refused`. */
  post(said: Said, options?: { id?: string; cacheHistory?: boolean }): Promise<void>
  /** Interrupts the running answer and goes on with this message, before those that wait. */
  steer(said: Said, options?: { id?: string; cacheHistory?: boolean }): Promise<void>
  /** Stops the running answer and keeps what is there of it; with `turn`, that one, also while it waits. */
  interrupt(options?: { turn?: number; by?: string }): Promise<void>
  /**
   * Ends it now: the running answer is stopped and kept as far as it came, no tool starts any more, what waits is not
   * answered, no message is taken. Works from any process and while no worker is up.
   */
  stop(options?: { by?: string }): Promise<void>
  /** Forgets the conversation once what was sent before is answered; keeps the settings. */
  clear(): Promise<void>
  /** Takes no more messages; the thread ends when what waits is answered. */
  close(): Promise<void>
  /** The whole conversation, oldest first. Throws NotStoredError for a turn only another machine's store has. */
  messages(): Promise<Turn[]>
  /** Answered turns since it began or was cleared. */
  length(): Promise<number>
  status(): Promise<StatusReport>
  /** The options it was made with; long texts by hash and beginning. */
  settings(): Promise<Recorded>
  /**
   * A new thread that begins as this one was at the end of `turn` (default: the newest ended one) and pays nothing for
   * the turns before.
   */
  fork(id: string, options?: { turn?: number }): Promise<Thread>
}

export function threadHandle(server: Server, id: string, given?: GivenOptions): Thread {
  let checked: Promise<Record<string, unknown>> | undefined
  const out = sending(server, id, () => {
    checked ??= checkOptions(given)
    return checked
  })
  const arriving = answers(server, id)
  const texts = turnTexts(server, id)
  const handle = () => server.client.workflow.getHandle(id)
  const telling = <T>(work: () => Promise<T>) =>
    asking({ server: server.address, run: id }, work).catch((error: unknown) => {
      throw error instanceof AnswerRefusedError ? closed(id) : error
    })
  const reply = async (turn: number, { onText, onWarning, signal }: Waiting): Promise<Reply> => {
    const listening = onText && texts.listen(turn, onText)
    try {
      const ended = await arriving.of(turn, { ...(signal && { signal }), ...(onWarning && { warn: onWarning }) })
      const whole = await replyOf(server, id, turn, ended)
      await listening?.end(whole.text)
      return whole
    } finally {
      listening?.stop()
    }
  }
  const message = (said: Said, { id = randomUUID(), cacheHistory }: { id?: string; cacheHistory?: boolean } = {}) => {
    return { content: checkMessage(said), id, ...(cacheHistory !== undefined && { cacheHistory }) }
  }
  return {
    id,
    exists: () => telling(out.found),
    async send(said, options = {}) {
      const { onText, onWarning, signal } = options
      const { turn } = await out.send(message(said, options), {
        ...(signal && { signal }),
        ...(onWarning && { onWarning }),
        ...(onText && { before: texts.open }),
      })
      options.onTurn?.(turn)
      return reply(turn, options)
    },
    reply: async (turn, options = {}) => reply(checkTurn(turn), options),
    async post(said, options) {
      const posted = message(said, options)
      await out.inOrder(() => out.ready().then(() => telling(() => handle().signal(post, posted))))
    },
    async steer(said, options) {
      const steered = message(said, options)
      await out.ready()
      await telling(() => handle().signal(steer, steered))
    },
    interrupt: (options = {}) => telling(() => handle().signal(interrupt, { ...options, id: randomUUID() })),
    async stop(options = {}) {
      await telling(() => handle().signal(close, { id: randomUUID() }))
      await telling(() => handle().signal(interrupt, { ...options, all: true, id: randomUUID() }))
    },
    clear: () => out.inOrder(() => telling(() => handle().signal(clear, { id: randomUUID() }))),
    close: () => out.inOrder(() => telling(() => handle().signal(close, { id: randomUUID() }))),
    messages: () => conversation(server, id),
    length: () => lengthOf(server, id),
    status: () => runHandle(server, id).status(),
    async settings() {
      return (await existingThread(server, id)).options ?? {}
    },
    async fork(to, options = {}) {
      await forkThread(server, id, to, options.turn)
      return threadHandle(server, to)
    },
  }
}
