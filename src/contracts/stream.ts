// Live text of a run: what a worker publishes while an answer arrives and a reader puts together again. Fenced by
// attempt, so that a reader whose worker died in mid-sentence ends with exactly the text of the result. On the wire it is
// the protocol of @temporalio/workflow-streams, so that its clients, in any language, can read along.
import { defineSignal } from './definitions.js'

/** The companion workflow that holds a run's stream. */
export const STREAM_WORKFLOW = 'stream'
export const TEXT_TOPIC = 'text'

export function streamIdOf(run: string): string {
  return `${run}/stream`
}

const ATTEMPTS_OF_STEP = 1000

/** A turn of an agent has one text, that of its newest step. */
export function attemptOf(attempt: number, step = 1): number {
  return (step - 1) * ATTEMPTS_OF_STEP + attempt
}

/** First of its step: nothing was said in vain before. */
export function isFirstAttempt(attempt: number): boolean {
  return attempt % ATTEMPTS_OF_STEP === 1
}

/** One window's text of one agent. */
export type StreamItem = {
  /** The item of a run; in a thread the empty string. */
  agent: string
  /** The thread's turn; 0 in other runs. */
  turn: number
  /** Of the journal: higher replaces lower, and what a lower one had said. Each step of an agent's turn has a thousand. */
  attempt: number
  /** From 0 within (agent, turn, attempt), without gaps. */
  seq: number
  /** Where this text begins in the answer, in UTF-16 units: a reader that came later can tell what it lacks. */
  at: number
  text: string
  /** First of an attempt after the first: forget what was read of this answer. */
  reset?: true
}

export const PUBLISH_SIGNAL = '__temporal_workflow_stream_publish'
export const POLL_UPDATE = '__temporal_workflow_stream_poll'
/** `{ reader }` has heard the run's end and has all: the stream ends as soon as others have, too. */
export const over = defineSignal<[unknown?]>('over')

/** Why a poll is refused: failure types of the protocol, and one of ours. */
export const POLL_REFUSED = {
  /** What was asked for is not kept any more. */
  truncated: 'TruncatedOffset',
  /** About to continue as new: ask again in a moment. */
  draining: 'StreamDraining',
  /** No poll, or for an offset this stream never had. */
  senseless: 'BadPoll',
} as const

/** `data`: base64 of a protobuf Payload with a StreamItem as JSON. */
export type WireItem = { topic: string; data: string; offset: number }
export type Publish = { items: Omit<WireItem, 'offset'>[]; publisher_id: string; sequence: number }
/**
 * `from_offset` 0: from the oldest kept. `reader`: what every known reader has read need not be kept. `wait` false: comes
 * back at once with what there is.
 */
export type Poll = { topics: string[]; from_offset: number; reader?: string; wait?: boolean }
/** `start`: the first offset this stream ever had; `base`: the oldest kept. */
export type Polled = {
  items: WireItem[]
  next_offset: number
  more_ready: boolean
  start: number
  base: number
}

/** What a stream carries across continue-as-new. */
export type CarriedStream = {
  start: number
  base: number
  items: Omit<WireItem, 'offset'>[]
  /** [publisher, its last sequence, when: ms]. */
  publishers: [string, number, number][]
  /** [reader, what it read up to, when: ms]. */
  readers: [string, number, number][]
  over: boolean
}
