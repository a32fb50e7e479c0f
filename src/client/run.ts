// A run in hand: watch it, steer it, get its result. A handle holds no state of the run; two of the same id are equal.
import type { Decided, StatusReport } from '../contracts/messages.js'
import type { RunResult } from '../contracts/outcome.js'
import { AnswerRefusedError, asking } from './errors.js'
import { type RunFacts, runFacts } from './facts.js'
import { type EventOptions, eventsOf } from './live/run-events.js'
import { awaitResult } from './result.js'
import type { RunEvent } from './run-event.js'
import type { Server } from './server.js'
import { askStatus, reportOf } from './snapshot.js'
import { type Answer, type Approving, type Revision, sendDecision, sendSignal } from './steer.js'
import { resolveTexts } from './texts.js'

/** `item`: id of an item, instead of the whole run. `by`: who asks. `id`: a repeated message counts once. */
export type Steering = { item?: string; by?: string; id?: string }

/** Every method may throw RunNotFoundError and ConnectionError. */
export interface Run<R extends RunResult = RunResult> {
  readonly id: string
  /** How it is doing; of a run that is over, as far as its result tells. Throws NoWorkerError after 10 s. */
  status(): Promise<StatusReport>
  /** What the server knows without a worker. */
  facts(): Promise<RunFacts>
  /** These three throw AnswerRefusedError with the run's reason, and NoWorkerError after 30 s. */
  approve(answer?: Approving): Promise<Decided>
  reject(answer?: Answer): Promise<Decided>
  revise(revision: Revision): Promise<Decided>
  /** The new cap, in dollars: what waits for money goes on as far as it fits. Throws as the three above. */
  raiseBudget(raise: { usd: number; by?: string; note?: string; id?: string }): Promise<Decided>
  /** Stop now, keep what is there; the run ends `interrupted` with what it has. */
  interrupt(steering?: Steering): Promise<void>
  /** Start nothing new; what runs goes on. */
  pause(steering?: Omit<Steering, 'item'>): Promise<void>
  resume(steering?: Omit<Steering, 'item'>): Promise<void>
  /** Temporal's cancellation: the run has no result afterwards. Throws AnswerRefusedError when it is over. */
  cancel(): Promise<void>
  /**
   * Progress, questions and the end; a break, or the signal, stops watching and leaves the run alone. Texts too, while
   * they arrive, of a run that was started with `stream`; with `text: true` those of any other run whole, at its end. Put
   * together they are those of the result, byte for byte. `cursor` goes on where another process stopped.
   */
  events(options?: EventOptions): AsyncGenerator<RunEvent, void>
  /**
   * Waits for the end and returns the result whatever its status. `resolve`: large texts whole, where this machine has
   * them, instead of refs. Throws NoResultError (cancelled, terminated) and InvalidInputError (nothing was called).
   */
  result(options?: { resolve?: boolean; signal?: AbortSignal }): Promise<R>
}

export function runHandle<R extends RunResult>(server: Server, id: string): Run<R> {
  const result = async (signal?: AbortSignal) => (await awaitResult(server, id, signal)) as R
  return {
    id,
    async status() {
      const facts = await runFacts(server, id)
      return facts.open ? askStatus(server, id) : reportOf(facts.workflow, await result())
    },
    facts: () => runFacts(server, id),
    approve: (answer) => sendDecision(server, id, { ...answer, kind: 'approve' }),
    reject: (answer) => sendDecision(server, id, { ...answer, kind: 'reject' }),
    revise: (revision) => sendDecision(server, id, { ...revision, kind: 'revise' }),
    raiseBudget: (raised) => sendDecision(server, id, { ...raised, kind: 'raiseBudget' }),
    interrupt: (steering) => sendSignal(server, id, 'interrupt', steering),
    pause: (steering) => sendSignal(server, id, 'pause', steering),
    resume: (steering) => sendSignal(server, id, 'resume', steering),
    async cancel() {
      // The server takes a cancellation of a run that is over without a word.
      if (!(await runFacts(server, id)).open) throw new AnswerRefusedError(`run "${id}" is over`)
      await asking({ server: server.address, run: id }, () => server.client.workflow.getHandle(id).cancel())
    },
    events: (options) => eventsOf(server, id, options),
    async result(options) {
      const found = await result(options?.signal)
      return options?.resolve ? (await resolveTexts(server.store, found)).value : found
    },
  }
}
