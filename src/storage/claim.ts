// What a caller of the journal sees: it begins a call and is told that the answer is there, that the call is its own to
// make, or that somebody is making it.
import type { Root } from './root-directory.js'
import type { Attempt } from './step-record.js'

/**
 * `step` and `digest` are any strings; an answer counts only for an equal `digest`. `run` is the first run id of the
 * workflow that asks. `fresh`: only answers paid by this run count. `durable`: a claim is on disk before it is given, so
 * that not even a power cut hides that an attempt was begun.
 */
export type Call = { root: Root; step: string; digest: string; run: string; fresh?: boolean; durable?: boolean }

export type Ending = { usage?: unknown; error?: unknown; counted?: boolean }

export type Claim<A> =
  | { kind: 'answered'; answer: A /** which run paid */; run: string; attempts: Attempt[] }
  | {
      kind: 'mine'
      attempt: number
      earlier: Attempt[]
      /** A joiner asked this call to stop. */
      interrupted: AbortSignal
      /**
       * On disk when it resolves, with the answer that counts: this one, or the one of the same run that was there first.
       * Where it throws 'unreachable' the answer is kept in memory and written at a later renewal.
       */
      answer(value: A, usage: unknown): Promise<A>
      /** Every claim ends with `answer` or `end`, or others wait as long as this process lives. The first end counts. */
      end(outcome: 'failed' | 'interrupted', record: Ending): Promise<void>
    }
  | {
      kind: 'theirs'
      attempt: number
      worker: string
      /** Resolves when it is time to call `begin` again: that attempt ended, or its worker is gone. */
      ended(signal: AbortSignal): Promise<void>
      /** Asks the owner to stop: it sees that at its next renewal. */
      interrupt(): Promise<void>
    }

/** Every method may throw a StorageError of kind 'unreachable', which is worth another try. */
export interface Journal<A> {
  begin(call: Call): Promise<Claim<A>>
  attempts(root: Root, step: string): Promise<Attempt[]>
}
