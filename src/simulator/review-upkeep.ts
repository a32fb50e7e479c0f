// What the experts for readability, maintainability, tests and api look for: plain patterns over lines.

import { type Detector, row } from './review-detector.js'
import {
  anywhere,
  code,
  inSources,
  inTests,
  longFiles,
  longFunctions,
  repeatedLines,
  undocumentedExports,
  written,
} from './review-looks.js'

export const upkeep: Record<string, Detector[]> = {
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
    row('low', 'A long line', 'Lines beyond 115 columns hide their end.', written(/^.{116,}$/)),
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
    row(
      'medium',
      'Left for later',
      'A note to come back has no date and no owner.',
      anywhere(/\b(TO[D]O|FIX[M]E|XXX|HACK)\b/),
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
      code(/export (async )?function \w+\([^){]*\w\??: boolean/),
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
