// The events of a run: a discriminated union, so that a `switch` over `type` is checked by the compiler.
import type { Approval, ItemState, RunState, StatusReport, ToolState } from '../contracts/messages.js'
import type { Price } from '../contracts/outcome.js'
import type { Usd } from '../contracts/usage.js'
import type { RunEnd } from './facts.js'

/** What `run.events()` yields, in the order it happened; `end` is the last. */
export type RunEvent =
  /** The run's state changed; `report` is everything it says of itself. */
  | { type: 'status'; status: RunState; report: StatusReport }
  /** An item that is not over: `tokens` of output so far (estimated while it runs), the last line of its text. */
  | { type: 'progress'; item: string; status: ItemState['status']; tokens: number; lastLine: string; usd: Usd }
  /**
   * Text of an answer as it arrives. `reset`: forget what you have of this answer, it begins again with this text.
   * `attempt` 0: the whole text, which was not streamed. `cursor`: goes on behind this text in another process.
   */
  | { type: 'text'; item: string; turn?: number; attempt: number; text: string; reset?: true; cursor?: number }
  /**
   * A question waits for a person: about a plan and its price, a tool an agent wants to use (`tool`), what such a tool did
   * (`unknown`), money (`budget`), or of a person's own code (`own`), the work of agents (`work`). `outline`: what the plan would do, where a model made
   * it. `choices`: approve takes all of them, or those its input names as `{ only: [ids] }`. `lines`: what it is about.
   */
  | ({ type: 'approval'; price?: Price; outline?: string[] } & Asked)
  /** An agent's use of a tool began, waits for a person, or ended. */
  | { type: 'tool'; tool: ToolState }
  /** What a run's work has come to, a line: "[Haiku-1] created auth/types.ts". */
  | { type: 'log'; line: string }
  /** An item ended. */
  | { type: 'item'; item: ItemState }
  /** A message somebody sent had no effect. */
  | { type: 'refused'; message: string; reason: string }
  /** Something that keeps the run from going on, or that the plan warns of. */
  | { type: 'warning'; message: string }
  /** The last one. `message` where there is no result to tell it. */
  | { type: 'end'; status: RunEnd; message?: string; texts?: TextCounts }

type Asked = Omit<Approval, 'openedAt' | 'answer' | 'escalatedAt'>

/**
 * Of the answers that were read: how many arrived as they were written, how many whole at the end, and how many of the
 * former were corrected then, because something between had been lost.
 */
export type TextCounts = { streamed: number; whole: number; corrected: number }
