// What the experts for security, correctness and performance look for: plain patterns over lines.

import { type Detector, row } from './review-detector.js'
import { code, inside, loop, written } from './review-looks.js'

export const behaviour: Record<string, Detector[]> = {
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
      written(/(api_?key|secret|passw(or)?d|token)["']?\s*[:=]\s*["'`][^"'`\s]{8,}["'`]/i),
    ),
    row(
      'high',
      'A shell is started',
      'Text that reaches a shell can carry commands of its own; pass arguments as a list.',
      written(/shell:\s*true|\bexec(Sync)?\(\s*[`"'][^)]*(\$\{|\+)|\bos\.system\(/),
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
      written(/http:\/\//, /127\.0\.0\.1|localhost|\[::1\]|w3\.org|example\./),
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
}
