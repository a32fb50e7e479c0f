// Text of models and file names, made safe to stand in our Markdown: it may be formatted, but it cannot end a table,
// open a heading or a comment that swallows the rest, load an image, or send control codes to a terminal.

/** One line, for headings and list entries. */
export function inline(text: string): string {
  return inert(printable(text).trim().replace(/\s+/g, ' '))
}

/** One line, for a table's cell. */
export function cell(text: string): string {
  return inline(text).replaceAll('\\', '\\\\').replaceAll('|', '\\|')
}

/** A name as it is, in a code span; what cannot be printed is shown as an escape. */
export function code(text: string): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, visible)
  const ticks = '`'.repeat(Math.max(0, ...Array.from(shown.matchAll(/`+/g), ([run]) => run.length)) + 1)
  const gap = ticks.length > 1 ? ' ' : ''
  return `${ticks}${gap}${shown}${gap}${ticks}`
}

const visible = (character: string) => `\\u{${character.codePointAt(0)?.toString(16)}}`

/** Several lines. Fences are kept when they start at the margin, and closed when the text forgot to. */
export function block(text: string): string {
  const result: string[] = []
  let fence: string | undefined
  for (const line of printable(text).trim().split('\n')) {
    const run = /^(`{3,}|~{3,})([^`]*)$/.exec(line)
    if (fence !== undefined) {
      result.push(line)
      if (run?.[1]?.startsWith(fence) && run[2]?.trim() === '') fence = undefined
    } else if (run?.[1]) {
      fence = run[1]
      result.push(line)
    } else {
      result.push(inert(line))
    }
  }
  if (fence !== undefined) result.push(fence)
  return result.join('\n')
}

const printable = (text: string) =>
  text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '')

/** A line without headings, rules, definitions, tags, images or a code span that is left open. */
function inert(line: string): string {
  const text = line.replace(
    /^(\s*(?:>\s*)*)(#{1,6}(?=\s|$)|[=-]+\s*$|\[(?=[^\]]*\]:)|~{3,}|(?:[*_]\s*){3,}$)/,
    '$1\\$2',
  )
  let result = ''
  for (let at = 0; at < text.length; ) {
    const [piece, kept] = nextPiece(text, at)
    result += kept
    at += piece.length
  }
  return result
}

/** To the web or to a place nearby: no script, no data. */
const HARMLESS_LINK = /^\[[^\]]*\]\(\s*<?(?:https?:\/\/|[./#]|[\w-]+[/.)])/i

/** What comes next in the text, and how it is written. */
function nextPiece(text: string, at: number): [piece: string, written: string] {
  const rest = text.slice(at)
  const escaped = /^\\[!-/:-@[-`{-~]/.exec(rest)?.[0]
  if (escaped) return [escaped, escaped]
  const run = /^`+/.exec(rest)?.[0]
  if (run) {
    const span = new RegExp(`^${run}(?!\`)[^]*?[^\`]${run}(?!\`)`).exec(rest)?.[0]
    return span ? [span, span] : [run, run.replaceAll('`', '\\`')]
  }
  if (/^<[a-z/!?]/i.test(rest)) return ['<', '\\<']
  if (rest.startsWith('![')) return ['![', '!\\[']
  if (/^\[[^\]]*\]\(/.test(rest) && !HARMLESS_LINK.test(rest)) return ['[', '\\[']
  const plain = /^[^\\`<![]+/.exec(rest)?.[0] ?? rest.slice(0, 1)
  return [plain, plain]
}
