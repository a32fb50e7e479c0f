// The ways a simulated expert can look at a file: by line, within a block, over a whole function. Indentation stands in
// for a parser.

import type { Line, ReviewFile } from './review-files.js'

/** Numbers of the lines it points at. */
export type Look = (file: ReviewFile) => number[]

const isComment = (text: string) => /^\s*(\/\/|\/?\*|#)/.test(text)
const isTest = ({ path }: ReviewFile) => /(^|\/)(tests?|__tests__)\/|\.(test|spec)\./.test(path)
const indentOf = (text: string) => text.length - text.trimStart().length

/** Lines that fit, comments left out, texts and all. */
export const written =
  (pattern: RegExp, but?: RegExp): Look =>
  ({ lines }) =>
    lines.filter(({ text }) => !isComment(text) && pattern.test(text) && !but?.test(text)).map(({ number }) => number)

/** The same with texts and regular expressions emptied: only what is code can fit. */
export const code =
  (pattern: RegExp, but?: RegExp): Look =>
  ({ path, lines }) =>
    written(pattern, but)({ path, lines: lines.map(({ number, text }) => ({ number, text: emptied(text) })) })

/** Any line, comments too. */
export const anywhere =
  (pattern: RegExp): Look =>
  ({ lines }) =>
    lines.filter(({ text }) => pattern.test(text)).map(({ number }) => number)

const literals =
  /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?<=[(,=:[!&|]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])+\/[a-z]*/g
const emptied = (text: string) => text.replace(literals, (literal) => (literal.startsWith('/') ? '/ /' : "''"))

/** Lines that fit inside a block opened by a line that fits. */
export const inside =
  (opener: RegExp, pattern: RegExp): Look =>
  ({ lines }) => {
    const open: number[] = []
    const found: number[] = []
    for (const { number, text } of lines) {
      if (text.trim() === '') continue
      while (open.length > 0 && indentOf(text) <= (open.at(-1) ?? 0)) open.pop()
      if (open.length > 0 && !isComment(text) && pattern.test(emptied(text))) found.push(number)
      if (!isComment(text) && opener.test(emptied(text))) open.push(indentOf(text))
    }
    return found
  }

export const longFunctions: Look = ({ lines }) => {
  const starts = lines.filter(({ text }) => /^\s*(export )?(default )?(async )?(function\b|def |func )/.test(text))
  return starts.filter((start) => lengthFrom(lines, start) > 45).map(({ number }) => number)
}

function lengthFrom(lines: Line[], start: Line): number {
  const from = lines.indexOf(start)
  const end = lines.findIndex(
    ({ text }, index) =>
      index > from && text.trim() !== '' && indentOf(text) <= indentOf(start.text) && /^\s*[}\w]/.test(text),
  )
  return (end < 0 ? lines.length : end) - from
}

export const repeatedLines: Look = ({ lines }) => {
  const seen = new Set<string>()
  return lines
    .filter(({ text }) => {
      const line = text.trim()
      if (line.length < 50 || isComment(text) || /^(import|export \{|\*)/.test(line)) return false
      const again = seen.has(line)
      seen.add(line)
      return again
    })
    .map(({ number }) => number)
}

export const longFiles: Look = ({ lines }) => (lines.length > 250 ? [lines[0]?.number ?? 1] : [])
export const inTests =
  (look: Look): Look =>
  (file) =>
    isTest(file) ? look(file) : []
export const inSources =
  (look: Look): Look =>
  (file) =>
    isTest(file) ? [] : look(file)

export const loop = /^\s*(for|while)\b|\.forEach\(|\bfor await\b/

export function undocumentedExports({ lines }: ReviewFile): number[] {
  return lines
    .filter(({ text }, index) => /^export (async )?function /.test(text) && !isComment(lines[index - 1]?.text ?? ''))
    .map(({ number }) => number)
}
