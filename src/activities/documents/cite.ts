// Citations as code finds them: each quote looked up in its document, its place put right where it really is.
import type { Citation } from '../../contracts/documents.js'
import type { Document } from './document.js'
import { find, type Searchable } from './quote.js'

/** `units`: lines or pages; of an image there are none. */
export type Source = { path: string; kind: Document['kind']; units: string[]; text: Searchable }

const LONGEST_QUOTE = 500

/**
 * A quote found once has the place where it is; found at several, the one nearest to what was said. Not found, it keeps
 * what was said if there is such a place.
 */
export function cite({ path, kind, units, text }: Source, said: { quote: string; place: number }): Citation {
  const quote = clip(said.quote.trim())
  if (kind === 'image') return { file: path, quote, verified: null }
  const found = find(text, said.quote)
  const nearest = found.toSorted((a, b) => distance(a, said.place) - distance(b, said.place))[0]
  const place = nearest === undefined ? said.place : nearest + 1
  const exists = place >= 1 && place <= units.length
  const at = exists && (kind === 'pdf' ? { page: place } : { line: place })
  return { file: path, ...at, quote, verified: nearest === undefined ? absent(kind, units, place) : true }
}

const distance = (unit: number, place: number) => Math.abs(unit + 1 - place)

/** A page that is a picture cannot be searched: nobody knows. */
function absent(kind: Document['kind'], pages: string[], place: number): false | null {
  if (kind !== 'pdf') return false
  const page = pages[place - 1]
  const blank = (text: string) => text.trim() === ''
  return page === undefined ? (pages.every(blank) ? null : false) : blank(page) ? null : false
}

function clip(quote: string): string {
  return quote.length <= LONGEST_QUOTE ? quote : `${quote.slice(0, LONGEST_QUOTE - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
