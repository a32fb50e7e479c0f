// What a thread was made with stays with it: its options are written down as they were given, so that a program which
// opens it again with others is told, instead of talking to something else than it thinks.
import { MEMO } from '../../contracts/names.js'
import type { Root } from '../../contracts/refs.js'
import { canonicalJson, inputHash } from '../canonical.js'
import { InvalidInputError } from '../errors.js'

/** A long value, such as a system text, by its hash and beginning. */
export type Shortened = { sha256: string; bytes: number; head: string }
/** Options by name, as they were given. */
export type Recorded = Record<string, unknown>

const WHOLE_CHARACTERS = 4096 // memos travel with every list of runs
const HEAD_CHARACTERS = 80

function recorded(options: Record<string, unknown>): Recorded {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, shortened(value)]))
}

/** What lists and later handles know of a thread without asking it. */
export function threadMemo({ task: _task, from, ...options }: Record<string, unknown>): Record<string, unknown> {
  const root = (from as { root: Root } | undefined)?.root
  return { [MEMO.options]: recorded(options), ...(root && { [MEMO.root]: root }) }
}

export function isShortened(value: unknown): value is Shortened {
  return typeof value === 'object' && value !== null && 'sha256' in value && 'head' in value
}

function shortened(value: unknown): unknown {
  const json = JSON.stringify(value)
  if (json.length <= WHOLE_CHARACTERS) return value
  const head = (typeof value === 'string' ? value : json).slice(0, HEAD_CHARACTERS).toWellFormed()
  return { sha256: inputHash(value), bytes: Buffer.byteLength(json), head } satisfies Shortened
}

/**
 * Every option that is given must be the thread's own; one that is not given is the thread's. Throws InvalidInputError
 * naming both values of each that differs.
 */
export function refuseOthers(
  id: string,
  given: Record<string, unknown>,
  existing: Recorded | undefined,
  defaults: Record<string, unknown>,
): void {
  if (!existing) {
    throw new InvalidInputError(
      `thread "${id}" was started by another program, so its options cannot be compared: open it without options`,
    )
  }
  const asked = recorded(given)
  const differing = Object.keys(given).filter((name) => {
    return canonicalJson(asked[name]) !== canonicalJson(existing[name] ?? defaults[name] ?? null)
  })
  if (differing.length === 0) return
  const both = differing.map(
    (name) => `${name} is ${shown(existing[name] ?? defaults[name])}, got ${shown(asked[name])}`,
  )
  throw new InvalidInputError(
    `thread "${id}" has other options: ${both.join('; ')}: wanted the same, or none to take the thread as it is`,
  )
}

function shown(value: unknown): string {
  if (value === undefined) return 'not set'
  if (isShortened(value))
    return `${JSON.stringify(`${value.head}…`)} (${value.bytes} bytes, ${value.sha256.slice(0, 8)})`
  const json = JSON.stringify(value)
  return json.length > HEAD_CHARACTERS * 2 ? `${json.slice(0, HEAD_CHARACTERS * 2)}…` : json
}
