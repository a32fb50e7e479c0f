// A long text in parts that fit a prompt: at headings where it has them, else between paragraphs, else between lines,
// and inside a line only when that line alone is too much. Numbers stay those of the whole text.
import { mostThatFit } from '../most-that-fit.js'

/** A line with the number it is shown with: its own, or that of its page. `page`: the first line of a page. */
export type Line = { number: number; text: string; page?: boolean }

const HEADING = /^ {0,3}(#{1,6})(\s|$)/
const FENCE = /^ {0,3}(```|~~~)/
/** How good a place is to begin a part: 1 to 6 a heading of that level, a page like the highest heading. */
const PARAGRAPH = 7
const ANYWHERE = 8

/** Tokens, generously: four ASCII characters each, of others every one. */
export function estimate(text: string): number {
  let others = 0
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) others++
  return Math.ceil((text.length - others) / 4 + others)
}

const shown = ({ number, text }: Line) => `${number}\t${text}`

export function linesShown(lines: Line[]): string {
  return lines.map(shown).join('\n')
}

/** Parts of at most `room` tokens, in order; together they are the text. */
export function split(whole: Line[], room: number): Line[][] {
  const cost = (line: Line) => estimate(shown(line)) + 1
  const lines = whole.flatMap((line) => (cost(line) <= room ? [line] : cut(line, room)))
  const upTo = [0]
  for (const line of lines) upTo.push(upTo.at(-1)! + cost(line))
  const places = placesOf(lines)
  const parts: Line[][] = []
  for (let from = 0; from < lines.length; ) {
    const most = mostThatFit(lines.length - from, (count) => upTo[from + count]! - upTo[from]! <= room)
    const end = from + Math.max(1, most)
    const next = end === lines.length ? end : bestPlace(places, from + Math.ceil((end - from) / 2), end)
    parts.push(lines.slice(from, next))
    from = next
  }
  return parts
}

/** For each line, how good it is to begin a part with it. */
function placesOf(lines: Line[]): number[] {
  let fenced = false
  return lines.map(({ text, page }, index) => {
    if (FENCE.test(text)) fenced = !fenced
    if (page) return 1
    const heading = fenced ? undefined : HEADING.exec(text)?.[1]?.length
    if (heading) return heading
    return text.trim() !== '' && lines[index - 1]?.text.trim() === '' && !fenced ? PARAGRAPH : ANYWHERE
  })
}

/** The last of the best in the second half: parts stay about as long as they may be. */
function bestPlace(places: number[], first: number, last: number): number {
  let best = last
  for (let at = last; at >= first; at--) if (places[at]! < places[best]!) best = at
  return best
}

/** One line in pieces: after a sentence or a word in the second half of each, never inside a character. */
function cut(line: Line, room: number): Line[] {
  // At worst every character is a token; the number in front costs some, too.
  const most = Math.max(2, Math.floor(room) - 8)
  const pieces: Line[] = []
  for (let rest = line.text; rest !== ''; ) {
    const head = rest.slice(0, rest.length <= most ? rest.length : endOf(rest, most))
    pieces.push({ ...line, text: head, page: line.page === true && pieces.length === 0 })
    rest = rest.slice(head.length)
  }
  return pieces
}

function endOf(text: string, most: number): number {
  const half = Math.floor(most / 2)
  for (const pattern of [/[.!?。！？]["')\]]*\s+/g, /\s+/g]) {
    const last = [...text.slice(half, most).matchAll(pattern)].at(-1)
    if (last) return half + last.index + last[0].length
  }
  return /[\ud800-\udbff]$/.test(text.slice(0, most)) ? most - 1 : most
}
