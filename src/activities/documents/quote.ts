// Is a quote in a text, and where? Compared is what a reader would call the same words: white space, hyphens at the end
// of a line, the shape of quotation marks and ligatures make no difference; everything else does, case and digits too.

/** A text made comparable. `starts[n]`: where its nth unit (line or page) begins in `folded`. */
export type Searchable = { folded: string; starts: number[] }

/** @param units the lines of a text, or the pages of a PDF */
export function searchable(units: string[]): Searchable {
  const pieces: string[] = []
  const starts: number[] = []
  let length = 0
  for (const unit of units) {
    const text = fold(unit)
    const before = pieces.at(-1)
    if (before !== undefined && text !== '') {
      // A word that was broken at the end of a line is one word again.
      const broken = BROKEN.test(before) && /^\p{L}/u.test(text)
      pieces[pieces.length - 1] = broken ? before.slice(0, -1) : `${before} `
      length += broken ? -1 : 1
    }
    starts.push(length)
    if (text !== '') pieces.push(text)
    length += text.length
  }
  return { folded: pieces.join(''), starts }
}

/** More places than anybody needs. */
const MOST_FOUND = 1000
const BROKEN = /\p{L}-$/u

/**
 * Indexes of the units in which the quote begins, each once, ascending; none when it is nowhere.
 */
export function find({ folded, starts }: Searchable, quote: string): number[] {
  const wanted = foldQuote(quote)
  // In marks of its own, or broken off at the end of a line, where the text goes on with the rest of the word.
  const bare = wanted.replace(/^["' ]+|["' ]+$/g, '')
  for (const needle of new Set([wanted, bare, bare.replace(/(?<=\p{L})-$/u, '')])) {
    if (needle === '') continue
    const units = new Set<number>()
    for (let at = folded.indexOf(needle); at >= 0 && units.size < MOST_FOUND; at = folded.indexOf(needle, at + 1))
      units.add(unitAt(starts, at))
    if (units.size > 0) return [...units]
  }
  return []
}

/** A quote of several lines may carry the numbers the lines were shown with. */
function foldQuote(quote: string): string {
  return searchable(quote.replace(/^\d+\t/gm, '').split('\n')).folded.trim()
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200d\u2060\ufeff]/g, '')
    .replace(/[\u2018\u2019\u201a\u201b\u2039\u203a`\u00b4\u2032]/g, "'")
    .replace(/[\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/(?<=\p{L})-[^\S\n]*(\n\s*)?(?=\p{L})/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The last unit that begins at or before a place. */
function unitAt(starts: number[], place: number): number {
  let [low, high] = [0, starts.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (starts[middle]! <= place) low = middle
    else high = middle - 1
  }
  return low
}
