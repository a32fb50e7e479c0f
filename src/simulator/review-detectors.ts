// What each simulated expert looks for: plain patterns over lines, with indentation standing in for a parser. They point
// at plausible places, no more; what they find is labelled SIMULATED.

import type { Line, ReviewFile } from './review-files.js'

export type Severity = 'critical' | 'high' | 'medium' | 'low'

export type Detector = {
  severity: Severity
  title: string
  detail: string
  /** Numbers of the lines it points at. */
  lines(file: ReviewFile): number[]
}

type Look = Detector['lines']

const isComment = (text: string) => /^\s*(\/\/|\/?\*|#)/.test(text)
const isTest = ({ path }: ReviewFile) => /(^|\/)(tests?|__tests__)\/|\.(test|spec)\./.test(path)
const indentOf = (text: string) => text.length - text.trimStart().length

/** Lines of code that fit, comments left out. */
const code =
  (pattern: RegExp, but?: RegExp): Look =>
  ({ lines }) =>
    lines.filter(({ text }) => !isComment(text) && pattern.test(text) && !but?.test(text)).map(({ number }) => number)

/** Lines that fit inside a block opened by a line that fits. */
const inside =
  (opener: RegExp, pattern: RegExp): Look =>
  ({ lines }) => {
    const open: number[] = []
    const found: number[] = []
    for (const { number, text } of lines) {
      if (text.trim() === '') continue
      while (open.length > 0 && indentOf(text) <= (open.at(-1) ?? 0)) open.pop()
      if (open.length > 0 && !isComment(text) && pattern.test(text)) found.push(number)
      if (!isComment(text) && opener.test(text)) open.push(indentOf(text))
    }
    return found
  }

const longFunctions: Look = ({ lines }) => {
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

const repeatedLines: Look = ({ lines }) => {
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

const longFiles: Look = ({ lines }) => (lines.length > 250 ? [lines[0]?.number ?? 1] : [])
const inTests =
  (look: Look): Look =>
  (file) =>
    isTest(file) ? look(file) : []
const inSources =
  (look: Look): Look =>
  (file) =>
    isTest(file) ? [] : look(file)

const loop = /^\s*(for|while)\b|\.forEach\(|\bfor await\b/
const row = (severity: Severity, title: string, detail: string, lines: Look): Detector => ({
  severity,
  title,
  detail,
  lines,
})

const detectors: Record<string, Detector[]> = {
  security: [
    row(
      'critical',
      'Code built from text is run',
      'eval or new Function runs whatever text reaches it.',
      code(/\beval\(|new Function\(/),
    ),
    row(
      'critical',
      'A secret in the source',
      'A key or password that looks real should come from the environment.',
      code(/(api_?key|secret|passw(or)?d|token)["']?\s*[:=]\s*["'`][^"'`\s]{8,}["'`]/i),
    ),
    row(
      'high',
      'A shell is started',
      'Text that reaches a shell can carry commands of its own; pass arguments as a list.',
      code(/shell:\s*true|\bexec(Sync)?\(\s*[`"'][^)]*(\$\{|\+)|\bos\.system\(/),
    ),
    row(
      'high',
      'Markup from text',
      'innerHTML and its like run what is injected; use textContent.',
      code(/innerHTML|dangerouslySetInnerHTML|document\.write\(/),
    ),
    row(
      'medium',
      'Traffic is not encrypted',
      'Plain http lets others read and change what is sent.',
      code(/http:\/\//, /127\.0\.0\.1|localhost|\[::1\]|w3\.org|example\./),
    ),
    row(
      'medium',
      'Certificates are not checked',
      'Anyone in between can answer.',
      code(/rejectUnauthorized:\s*false|verify\s*=\s*False/),
    ),
    row(
      'low',
      'Randomness that can be guessed',
      'Math.random is no source for ids or keys that must not be guessed.',
      code(/Math\.random\(/),
    ),
    row(
      'low',
      'The environment is read here',
      'Secrets in the environment travel to whoever reads it; keep the reading in one place.',
      code(/process\.env\b|os\.environ/),
    ),
  ],
  correctness: [
    row(
      'high',
      'An error disappears',
      'An empty catch hides what went wrong; decide about it or let it through.',
      code(/catch\s*(\([^)]*\))?\s*\{\s*\}|except.*:\s*pass|\.catch\(\(\)\s*=>\s*(\{\s*\}|undefined|null)?\)/),
    ),
    row(
      'medium',
      'Loose comparison',
      '== converts its sides; null and undefined mix.',
      code(/[^=!<>]==[^=]|!=[^=]/, /==\s*null\b.*\/\//),
    ),
    row(
      'medium',
      'Number parsed without a radix',
      'parseInt takes what it can and drops the rest; Number or a radix says what is meant.',
      code(/parseInt\([^,()]*(\([^)]*\))?\)/),
    ),
    row(
      'medium',
      'Asserted, not checked',
      'The ! silences the compiler; an undefined gets through to here.',
      code(/[\w\])]![.;,)\]]|[\w\])]!$/),
    ),
    row(
      'medium',
      'A type is asserted',
      'as unknown as and as any turn the check off where it is needed.',
      code(/\bas (any|unknown as)\b/),
    ),
    row(
      'low',
      'A cast instead of a check',
      'If the value has another shape, the error appears far from here.',
      code(/\bas [A-Z]\w+(<.*>)?[\s,;)]?$/),
    ),
    row(
      'low',
      'JSON is trusted',
      'JSON.parse throws on bad input and promises nothing about its shape.',
      code(/JSON\.parse\(/),
    ),
  ],
  performance: [
    row(
      'high',
      'One after the other',
      'An await in a loop waits for each in turn; independent work can run together.',
      inside(loop, /\bawait\b/),
    ),
    row('medium', 'A loop in a loop', 'The cost grows with the product of both lengths.', inside(loop, loop)),
    row(
      'medium',
      'Copy by JSON',
      'Serializing to copy is slow and drops what JSON cannot hold; structuredClone exists.',
      code(/JSON\.parse\(\s*JSON\.stringify/),
    ),
    row(
      'medium',
      'The event loop waits for the disk',
      'Synchronous file calls stop everything else in the process.',
      code(/\b\w+Sync\(/),
    ),
    row(
      'low',
      'A copy per step',
      'Spreading the accumulator copies it every time round.',
      code(/reduce\(.*\.\.\.|=\s*\[\.\.\.\w+,/),
    ),
    row(
      'low',
      'A regular expression made again',
      'Compiling inside a loop or a hot function repeats the work.',
      code(/new RegExp\(/),
    ),
    row(
      'low',
      'Several passes over one list',
      'filter then map makes lists in between.',
      code(/\.filter\(.*\.map\(|\.map\(.*\.filter\(/),
    ),
  ],
  readability: [
    row(
      'medium',
      'A choice within a choice',
      'Nested conditional expressions are hard to follow; name the cases.',
      code(/\?[^?:.]+:[^?:]+\?[^?:.]+:/),
    ),
    row(
      'medium',
      'A long function',
      'More than 45 lines in one function; a part with a name of its own would help.',
      longFunctions,
    ),
    row('low', 'A long line', 'Lines beyond 115 columns hide their end.', code(/^.{116,}$/)),
    row(
      'low',
      'A number without a name',
      'What this number means is known only to its author.',
      code(/[^\w.'"`#-]\d{4,}(?!\w)/, /^\s*(export )?const [A-Z_]+\b/),
    ),
    row('low', 'Much on one line', 'Several calls are chained on one line.', code(/(\.\w+\([^()]*\)){4,}/)),
    row(
      'low',
      'A very short name',
      'A name of one letter says nothing about what it holds.',
      code(/\b(const|let|var) [a-z]\b/),
    ),
  ],
  maintainability: [
    row('medium', 'Left for later', 'A note to come back has no date and no owner.', ({ lines }) =>
      lines.filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text)).map(({ number }) => number),
    ),
    row('medium', 'A long file', 'More than 250 lines in one file usually means several subjects.', longFiles),
    row('low', 'The same line again', 'The same statement stands above; both must change together.', repeatedLines),
    row(
      'low',
      'State for the whole module',
      'A let at the top is shared by every user of the module.',
      code(/^(export )?let /),
    ),
    row('low', 'Everything is exported', 'export * makes every name part of the interface.', code(/^export \*/)),
    row('low', 'A check is switched off', 'The reason may no longer hold.', ({ lines }) =>
      lines
        .filter(({ text }) => /(ts|biome|eslint)-(ignore|expect-error|disable)/.test(text))
        .map(({ number }) => number),
    ),
  ],
  tests: [
    row(
      'high',
      'A test that does not run',
      'A skipped test guards nothing.',
      inTests(code(/\b(it|test|describe)\.(skip|todo|only)\b|\bx(it|describe)\(/)),
    ),
    row(
      'medium',
      'A test that waits and hopes',
      'A fixed sleep is slow when it works and wrong when it does not.',
      inTests(code(/setTimeout\(|sleep\(/)),
    ),
    row('low', 'A weak assertion', 'Almost any value passes.', inTests(code(/toBeTruthy\(|toBeDefined\(|toBeFalsy\(/))),
    row(
      'medium',
      'A failure without a test',
      'Is there a test that makes this throw?',
      inSources(code(/\bthrow new\b/)),
    ),
    row(
      'low',
      'Time inside the logic',
      'A clock that cannot be set makes this hard to test.',
      inSources(code(/Date\.now\(\)|new Date\(\)/)),
    ),
  ],
  api: [
    row(
      'medium',
      'A switch in the arguments',
      'A boolean argument says nothing where it is called; an option with a name does.',
      code(/export (async )?function .*\w+\??: boolean/),
    ),
    row(
      'medium',
      'Many arguments',
      'More than three positions are easy to mix up; take an object.',
      code(/export (async )?function \w+\(([^,()]+,){3,}/),
    ),
    row(
      'medium',
      'No type at the border',
      'any in an exported signature turns the checks off for every caller.',
      code(/export .*: any\b/),
    ),
    row(
      'low',
      'Public without a word',
      'An exported function without a comment leaves its units and errors to be guessed.',
      undocumentedExports,
    ),
    row('low', 'A default export', 'Every importer gives it another name.', code(/^export default\b/)),
  ],
}

function undocumentedExports({ lines }: ReviewFile): number[] {
  return lines
    .filter(({ text }, index) => /^export (async )?function /.test(text) && !isComment(lines[index - 1]?.text ?? ''))
    .map(({ number }) => number)
}

/** The patterns of an expert by name; all of them for one that is not known. */
export function detectorsOf(expert: string): Detector[] {
  const known = Object.keys(detectors).find((name) => expert.includes(name) || name.includes(expert || '-'))
  return known === undefined ? Object.values(detectors).flat() : (detectors[known] ?? [])
}
