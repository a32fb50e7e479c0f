// The pieces of a page in the Web UI. The UI renders Markdown, with mathematics between dollar signs: every text and
// every amount is escaped, or two prices on a line become a formula.

import type { Run } from '../run/run.js'
import { dollars } from './dollars.js'

/** The page shows well up to this; Temporal takes 20 kB. */
export const PAGE_BYTES = 4000
/** What people sent and what was answered: the last ones, or a busy run would push the table out. */
export const MESSAGES = 3
/** The UI's tables have no space between columns; an em space is not collapsed. */
const GAP = '\u2003'
/** The UI's frame is a line too short for its page: this last one is what it hides. */
export const HIDDEN = '\u00a0'

export const line = (cells: string[], gap = GAP) => `|${cells.map((cell) => ` ${cell}${gap} |`).join('')}\n`

export function refused(run: Run): string[] {
  if (run.refusedCount === 0) return []
  const shown = run.refused
    .slice(-MESSAGES)
    .map(({ message, reason, at }) => `- \`${code(message, 60)}\` at ${clock(at)}: ${text(reason, 300)}`)
  return [`**Refused** (${run.refusedCount}), without effect:`, shown.join('\n')]
}

/** A call that cost next to nothing did not cost "$0.0000". */
export function amount(usd: number | null): string {
  return usd !== null && usd > 0 && usd < 0.00005 ? 'under \\$0.0001' : text(dollars(usd), 60)
}

export function clock(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`
}

/** Names and reasons come from people and models: they must not become markup. */
export function text(value: string, longest: number): string {
  const short = value.length > longest ? `${value.slice(0, longest)}…` : value
  return short.replace(/[\\`*_{}[\]<>|#$~]/g, (character) => `\\${character}`).replace(/\s+/g, ' ')
}

export function code(value: string, longest: number): string {
  return value.slice(0, longest).replace(/[`\s]+/g, ' ')
}

export function bytes(value: string): number {
  return new TextEncoder().encode(value).byteLength
}

export function cut(page: string): string {
  if (bytes(page) <= PAGE_BYTES) return page
  return `${new TextDecoder().decode(new TextEncoder().encode(page).subarray(0, PAGE_BYTES - 8))}\n…`
}
