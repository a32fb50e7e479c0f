// The messages every run understands, defined once for both sides. Arguments are `unknown` on purpose: people send them
// from a form with anything in it, and a handler never throws.

import type { EffectClass, Expiry, ToolQuestion } from './agent.js'
import { defineQuery, defineSignal, defineUpdate } from './definitions.js'
import type { ItemStatus, ModelServer, Price, RunStatus } from './outcome.js'
import type { Sent, ThreadMessages, TurnAnswer } from './thread.js'
import type { Usage, Usd } from './usage.js'

/** Answer to an approval: `{ digest?, approval?, by?, note?, id? }`, or a note as text, or nothing. */
export const approve = defineSignal<[unknown?]>('approve')
/** As approve; `note` is the reason. */
export const reject = defineSignal<[unknown?]>('reject')
/** `{ input: { …patch } }`, or the patch itself: plan and price are made again. */
export const revise = defineSignal<[unknown?]>('revise')
/** Stop now, keep what is there: the whole run, or `{ item }` / the item's id. */
export const interrupt = defineSignal<[unknown?]>('interrupt')
/** Start nothing new; what runs goes on. */
export const pause = defineSignal<[unknown?]>('pause')
export const resume = defineSignal<[unknown?]>('resume')
/** `{ "usd": n }`, or the number: the new cap in dollars; what waits for money goes on as far as it fits. */
export const raiseBudget = defineSignal<[unknown?]>('raiseBudget')
/** Sent by an agent to the run it works for: it wrote a file. `{ child, tool, path }`. */
export const worked = defineSignal<[unknown?]>('worked')
/** Sent by a leading call: the cache it wrote can be read. `{ group }`. */
export const cacheReady = defineSignal<[unknown?]>('cacheReady')

/** As approve / reject / revise, for callers that need an answer: refused with `AnswerRefused` and the reason. */
export const decide = defineUpdate<Decided, [unknown?]>('decide')

export const status = defineQuery<StatusReport>('status')

/**
 * A thread's messages. `send`: text, or a `Message`; answered at acceptance with the turn's number, refused with
 * `MessageRefused`, `ThreadClosed`, or `Continuing` (send it again with the same id). `post`: the same as a signal.
 */
export const send = defineUpdate<Sent, [unknown?]>('send')
export const post = defineSignal<[unknown?]>('post')
/** Interrupts the running answer and goes on with this message before those that wait. */
export const steer = defineSignal<[unknown?]>('steer')
/** Forgets the conversation once what was sent before it is answered; keeps the settings. */
export const clear = defineSignal<[unknown?]>('clear')
/** No more messages; ends when what waits is answered. */
export const close = defineSignal<[unknown?]>('close')

/** `{ turn }`: how it ended, or `pending`; never waits. */
export const answer = defineQuery<TurnAnswer, [unknown?]>('answer')
export const messages = defineQuery<ThreadMessages>('messages')
/** Answered turns since the beginning or the last `clear`. */
export const length = defineQuery<number>('length')

export type DecisionKind = 'approve' | 'reject' | 'revise'

/** What people send, after reading it kindly. */
export type Decision = {
  kind: DecisionKind
  /** Of exactly what is answered. */
  digest?: string
  /** The approval's name, when several are open. */
  approval?: string
  by?: string
  note?: string
  /** The sender's id of this message: a repeated one counts once. */
  id?: string
  /** For revise: a patch of the input (an object); null removes a field. For approve: the answer that is asked for. */
  input?: unknown
  /** `input` is what was left of the message besides our own fields; nobody wrote `input`. */
  loose?: true
}

/**
 * How a question ended. `raiseBudget`: by a new cap; `expired`: nobody answered in time; `withdrawn`: what it was about
 * was stopped.
 */
export type AnswerKind = DecisionKind | 'raiseBudget' | 'expired' | 'withdrawn'

/** An answer that counted. `at`: ISO. `digest` is empty for a cap that was raised before anything waited. */
export type Decided = { approval: string; digest: string; kind: AnswerKind; by: string; at: string }

/** A question that waits, or waited, for a person. Times are ISO. */
export type Approval = {
  name: string
  title: string
  /** Asked by a person's own code, not about a plan: takes no revision. `wantsInput`: an approval brings an answer. */
  own?: { details?: unknown; wantsInput: boolean }
  /** An agent wants to use a tool: an approval may bring other arguments as its `input`. */
  tool?: ToolQuestion & { agent: string; tool: string; effect: EffectClass; by: string }
  /** Several things at once: approve takes all of them, with `{ "only": ["id", …] }` these alone. `arguments`: exact. */
  choices?: { id: string; label: string; arguments?: string }[]
  /** The work of these agents: revise names some of them and what to change. */
  work?: { agents: string[] }
  /** What is asked about, a line each, such as a diff. */
  lines?: string[]
  /** Why the answer before this question did not do: it is asked again. */
  problem?: string
  /** A tool may have done its work or not: approve takes it as done, reject as not done, `{ "again": true }` repeats it. */
  unknown?: { agent: string; tool: string; arguments: string }
  /** What is spent, what the next call needs at most (null: nobody knows), and the cap. `for`: that call. */
  budget?: { spentUsd: number; needsUsd: Usd; capUsd: number; for: string }
  /** Who may answer; absent: anybody. */
  approvers?: string[]
  /** ISO; what happens then. */
  expiresAt?: string
  onExpiry?: Expiry['onExpiry']
  /** ISO; from then on others may answer, too. */
  escalatedAt?: string
  digest: string
  openedAt: string
  /**
   * `id`: the sender's own of the message. `edited`: other arguments were approved than were asked about. `only`: of its
   * choices.
   */
  answer?: { kind: AnswerKind; by: string; at: string; note?: string; id?: string; edited?: true; only?: string[] }
}

/** An open question in short, as lists have it. `about`: a plan's price, the beginning of a tool's arguments. */
export type OpenApproval = Pick<
  Approval,
  'name' | 'title' | 'digest' | 'openedAt' | 'approvers' | 'expiresAt' | 'onExpiry'
> & { kind: 'plan' | 'tool' | 'unknown' | 'budget' | 'own'; about: string }

/** A message that had no effect, and why. */
export type Refused = { message: string; reason: string; at: string }

/**
 * What a run may spend, has spent, and has set aside for what it is doing. `spentUsd` counts at its worst what an attempt
 * cost whose worker died; `unknown`: calls of unknown price were made besides.
 * `refused`: a person allows no more.
 */
export type BudgetState = { capUsd: number; spentUsd: number; reservedUsd: number; unknown?: true; refused?: true }

/** `open`: a thread, in lists; its status says `running` while it answers and `waiting` while nothing is asked. */
export type RunState = 'preparing' | 'waiting' | 'running' | 'paused' | 'open' | RunStatus

/**
 * An agent's use of a tool, for whoever watches. `asked`: a person is asked first; `refused`: it did not run; `unknown`:
 * nobody knows whether it did. `head`: the beginning of its output.
 */
export type ToolState = {
  /** Of the use. */
  id: string
  turn: number
  step: number
  tool: string
  /** One line: "Edit src/a.ts". */
  summary: string
  status: 'asked' | 'running' | 'done' | 'error' | 'refused' | 'interrupted' | 'unknown'
  head?: string
  ms?: number
}

/** `n`: its number, from 1, over the whole run. */
export type LogLine = { n: number; line: string }

/** An item as it is now. `outputTokens`: estimated while it runs; `attempts`: requests made for it so far. */
export type ItemState = {
  id: string
  model: string
  status: 'waiting' | 'running' | ItemStatus
  usd: Usd
  attempts: number
  outputTokens: number
}

/** All a run says of itself, at any time: what the query `status` answers. */
export type StatusReport = {
  workflow: string
  status: RunState
  title?: string
  server?: ModelServer
  price?: Price
  warnings: string[]
  /** What the plan would do, a line each, where its items alone do not say it. */
  outline?: string[]
  approvals: Approval[]
  items: ItemState[]
  /** Of an agent: its newest uses of tools. */
  tools?: ToolState[]
  /** What its work has come to, a line each: the newest. */
  log?: LogLine[]
  usage: Usage
  usd: Usd
  savedUsd: Usd
  refused: Refused[]
  budget?: BudgetState
  /** Its texts can be read while they arrive. */
  stream?: true
}
