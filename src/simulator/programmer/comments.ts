// How a file of some language says something to people only: the way to mark a text that no model wrote.
import { extname } from 'node:path'

const MARKS: [extensions: string, before: string, after: string][] = [
  [
    '.js .mjs .cjs .ts .mts .cts .jsx .tsx .go .rs .java .kt .swift .c .h .cc .cpp .hpp .cs .scala .php .dart',
    '// ',
    '',
  ],
  ['.py .sh .rb .yml .yaml .toml .pl .r .ex .exs .mk .conf', '# ', ''],
  ['.sql .lua .hs', '-- ', ''],
  ['.css .scss .less', '/* ', ' */'],
  ['.md .html .xml .svg .vue', '<!-- ', ' -->'],
  ['.txt .text .rst', '', ''],
]

/** Undefined where the language has no comments, or is not known. */
export function comment(file: string, text: string): string | undefined {
  const [, before, after] =
    MARKS.find(([extensions]) => extensions.split(' ').includes(extname(file).toLowerCase())) ?? []
  if (before === undefined) return undefined
  return `${before}${text.replace(/\s+/g, ' ').replaceAll('*/', '*').replaceAll('-->', '>').trim()}${after}`
}

/** A file that says what it is for, and that nothing did it. */
export function placeholder(file: string, task: string): string {
  const lines = [`SIMULATED: ${task.split('\n')[0]}`, 'No model was asked: the local simulator wrote this file.']
  if (extname(file) === '.json') return `${JSON.stringify({ simulated: lines }, null, 2)}\n`
  return lines.map((line) => `${comment(file, line) ?? line}\n`).join('')
}
