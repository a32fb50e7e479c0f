// Live text of a run: what a worker publishes while an answer arrives and a reader puts together again. Fenced by
// attempt, so that a reader whose worker died in mid-sentence ends with exactly the text of the result.

/** The companion workflow that holds a run's stream. */
export const STREAM_WORKFLOW = 'stream'
export const TEXT_TOPIC = 'text'

export function streamIdOf(run: string): string {
  return `${run}/stream`
}

/** One window's text of one agent. */
export type StreamItem = {
  /** The item of a run; in a thread the empty string. */
  agent: string
  /** The thread's turn; 0 in other runs. */
  turn: number
  /** Of the journal: higher replaces lower, and what a lower one had said. */
  attempt: number
  /** From 0 within (agent, turn, attempt), without gaps. */
  seq: number
  text: string
  /** First of an attempt after the first: forget what was read of this answer. */
  reset?: true
}
