// A conversation's history: a chain of stored chunks. What a turn adds is kept once and named by its hash, so the hundredth
// turn costs its own text and no more.
import type { ToolResult } from './agent.js'
import type { ItemResult } from './outcome.js'
import type { Ref } from './refs.js'
import type { Usage, Usd } from './usage.js'

/** A content block of the Messages API, kept as it is. */
export type ContentBlock = { type: string; [field: string]: unknown }

/** What a message says: text, or blocks. */
export type Content = string | ContentBlock[]

export type TurnStatus = 'ok' | 'interrupted' | 'error'

/**
 * One stored link: what a turn added. Newer chunks name older ones, never the other way. Nothing is in it twice:
 * `chunkText` is its text, `chunkMessages` what the model is sent of it.
 */
export type Chunk = {
  turn: number
  prev?: Ref
  /** Turns in the chain that ends here, this one included. */
  chained: number
  status: TurnStatus
  /** The sender's message, as it was sent. */
  sent: { content: Content; id?: string }
  /** Put before it for the model: results of tools that nobody ran, word of an interruption. */
  before?: ContentBlock[]
  /** Model calls of a turn of an agent, from 1; absent: the first. Each is a chunk of its own. */
  step?: number
  /** From step 2 on: what became of every tool the step before asked for, in the model's order. */
  results?: ToolResult[]
  /** The turn went on after this: tools were asked for, or the answer was none. */
  goesOn?: true
  /** The answer, every block as the model sent it (status ok). */
  answer?: ContentBlock[]
  /** What had arrived of it when it was interrupted: its text, never unfinished thinking. */
  partial?: string
  model?: string
  stopReason?: string
  error?: ItemResult['error']
  usage: Usage
  usd: Usd
  warnings: string[]
  /** Answered turns since the thread began or was cleared, this one included. */
  length: number
  /** Tokens of the conversation after this turn, as the API counted them (0: unknown). */
  contextTokens: number
  /** The summary that stands for the oldest turns when the conversation is sent. */
  condensed?: Ref
  /** Of the engine `agent-sdk`: the session that holds the conversation up to here. */
  session?: string
}

/** Stands for all turns up to `turn` (up to its `step`) when the conversation is sent; the chunks stay. */
export type Condensed = { turn: number; step?: number; text: string; tokens: number }

/** How far a conversation has come: all a workflow carries of it. */
export type ConversationState = {
  /** The newest chunk; none in a new or cleared thread. */
  head?: Ref
  /** Turns in the chain that ends at `head`. */
  chained: number
  /** The next turn's number. */
  next: number
  length: number
  contextTokens: number
  condensed?: Ref
}

/** The text of a turn: its answer's, or what had arrived of it. Undefined where nothing had. */
export function chunkText({ answer, partial }: Pick<Chunk, 'answer' | 'partial'>): string | undefined {
  if (!answer) return partial
  return answer.flatMap((block) => (block.type === 'text' ? [String(block.text)] : [])).join('')
}
