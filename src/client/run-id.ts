// Run ids are what people type and see in every list, so ours say what and when; a person's own are checked at the door
// because Temporal takes far longer ones than any screen, log or search does.
import { randomInt } from 'node:crypto'
import { InvalidInputError } from './errors.js'

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789' // no l, o, i, 0, 1: read aloud without doubt
const MAX_BYTES = 200

/** Such as `review-261121-k3x9qa`. */
export function newRunId(workflow: string, now: Date = new Date()): string {
  const day = [now.getFullYear() % 100, now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0'))
  const tail = Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)])
  return `${workflow}-${day.join('')}-${tail.join('')}`
}

/** Throws InvalidInputError for an id that is empty, too long, has control characters or half a surrogate pair. */
export function checkRunId(id: unknown): string {
  const wanted = `wanted 1 to ${MAX_BYTES} bytes of text without control characters`
  if (typeof id !== 'string' || id === '') throw new InvalidInputError(`run id: got ${JSON.stringify(id)}; ${wanted}`)
  const bytes = Buffer.byteLength(id)
  if (bytes > MAX_BYTES) throw new InvalidInputError(`run id: got ${bytes} bytes; ${wanted}`)
  if (/[\p{Cc}\p{Surrogate}]/u.test(id)) throw new InvalidInputError(`run id: got ${JSON.stringify(id)}; ${wanted}`)
  if (id.endsWith('/stream')) throw new InvalidInputError(`run id: got "${id}"; such names are of a run's live text`)
  if (id.startsWith('@')) throw new InvalidInputError(`run id: got "${id}"; names that begin with @ are shorthands`)
  return id
}
