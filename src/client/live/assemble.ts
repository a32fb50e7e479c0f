// Puts answers together from the pieces of a stream, whatever order, repetition or loss they arrive with: a newer attempt
// replaces an older one, a repeated piece counts once, and behind a gap nothing is told until the whole is known. Keeps
// hashes, not texts.
import { createHash, type Hash } from 'node:crypto'
import { isTextRef, type Text } from '../../contracts/refs.js'
import type { StreamItem } from '../../contracts/stream.js'
import type { TextCounts } from '../run-event.js'

export type TextPiece = { item: string; turn: number; attempt: number; text: string; reset?: true }

/** How an answer ended; `''` where it has no text. */
export type Final = { item: string; turn: number; text: Text }

type Known = {
  attempt: number
  /** What comes next, if nothing is lost. */
  seq: number
  at: number
  /** Where what we read begins: above 0 when an earlier process read the rest. */
  from: number
  hash: Hash
  broken: boolean
}

export type Assembled = {
  take(piece: StreamItem): TextPiece | undefined
  /** Pieces were lost somewhere: no answer in progress can be trusted. */
  lose(): void
  /** Whether what was read is this, as far as can be told without the text itself. */
  matches(final: Final): boolean
  /** An answer that matches is done with. */
  right(final: Final): void
  /** What corrects one that does not, to its whole text. */
  correct(final: Final, text: string): TextPiece
  counts: TextCounts
}

/**
 * What whoever is told has already: `nothing`; `before`: everything before the first new piece; `something`: nobody
 * knows, so that every answer begins anew.
 */
export type Had = 'nothing' | 'before' | 'something'

export function assemble(had: Had = 'nothing'): Assembled {
  const answers = new Map<string, Known>()
  const keyOf = (item: string, turn: number) => `${turn} ${item}`
  const counts: TextCounts = { streamed: 0, whole: 0, corrected: 0 }

  function take(piece: StreamItem): TextPiece | undefined {
    const { agent, turn, attempt, seq, at, text } = piece
    const key = keyOf(agent, turn)
    const before = answers.get(key)
    if (before && (attempt < before.attempt || (attempt === before.attempt && seq < before.seq))) return undefined
    let known = before
    let reset = false
    if (!known || attempt > known.attempt) {
      // What was read, or what an earlier process may have read, of an attempt that is over.
      reset = known ? known.at > 0 || known.broken : had === 'something' || (had === 'before' && attempt > 1)
      const middle = !known && had === 'before' && seq > 0
      known = middle ? begin(attempt, seq, at) : begin(attempt, 0, 0)
      answers.set(key, known)
    }
    if (seq > known.seq) known.broken = true
    const told = known.broken ? '' : text
    if (!known.broken) {
      known.hash.update(text)
      known.seq = seq + 1
      known.at = at + text.length
    }
    if (told === '' && !reset) return undefined
    return { item: agent, turn, attempt, text: told, ...(reset && { reset: true as const }) }
  }

  function matches(final: Final): boolean {
    const known = answers.get(keyOf(final.item, final.turn))
    if (!known) return final.text === ''
    if (known.broken) return false
    const digest = known.hash.copy().digest('hex')
    // A large text is known by its hash, wherever it is kept.
    if (isTextRef(final.text)) return known.from === 0 && final.text.ref === `sha256:${digest}`
    return createHash('sha256').update(final.text.slice(known.from)).digest('hex') === digest
  }

  function right({ item, turn }: Final): void {
    if (answers.has(keyOf(item, turn))) counts.streamed++
  }

  function correct({ item, turn }: Final, text: string): TextPiece {
    const known = answers.get(keyOf(item, turn))
    if (!known) counts.whole++
    // What has no text in the end, such as a failed item, is no loss.
    else if (text !== '') counts.corrected++
    // Where nothing was told of it before there is nothing to forget.
    const reset = (known !== undefined || had !== 'nothing') && { reset: true as const }
    return { item, turn, attempt: known?.attempt ?? 0, text, ...reset }
  }

  return {
    take,
    matches,
    right,
    correct,
    counts,
    lose() {
      for (const known of answers.values()) known.broken = true
    },
  }
}

function begin(attempt: number, seq: number, at: number): Known {
  return { attempt, seq, at, from: at, hash: createHash('sha256'), broken: false }
}
