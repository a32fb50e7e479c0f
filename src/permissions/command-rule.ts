// Rules about shell commands: `git status:*` (these words, and any after them), `npm run *` (a star for anything), or a
// whole command. What allows is read narrowly, what denies widely: behind another program that starts it, in a string
// given to a shell, with its path, quoted or after its own options.
import { type Command, readShell, type Word } from './shell.js'
import { simpleCommand } from './simple-command.js'
import { lineIn, SHELLS, STARTERS } from './starters.js'
import { fitsGlob } from './text-pattern.js'

/** `maybe`: an expansion may turn it into what is denied. */
export type Denied = 'yes' | 'maybe' | 'no'

export function allowsCommand(argument: string, line: string): boolean {
  if (argument === '*') return true
  const prefix = prefixOf(argument)
  const simple = simpleCommand(line)
  if (prefix !== undefined) {
    const words = prefix.split(/\s+/).join(' ')
    return simple !== undefined && (simple === words || simple.startsWith(`${words} `))
  }
  if (!argument.includes('*')) return line.trim() === argument.trim()
  return simple !== undefined && fitsGlob(argument.trim(), simple)
}

/** The words before `:*` or a last ` *`. */
function prefixOf(argument: string): string | undefined {
  return /^([^*]+?)(?::\*|\s+\*)$/.exec(argument.trim())?.[1]
}

export function deniesCommand(argument: string, line: string): Denied {
  if (argument === '*' || line.trim() === argument.trim()) return 'yes'
  return deniedIn({ argument, left: MOST_LOOKED_AT }, line, 0)
}

/** `left`: of characters and words to be looked at. What is nested is read again: without an end that takes for ever. */
type Look = { argument: string; left: number }
const MOST_LOOKED_AT = 2_000_000

function deniedIn(look: Look, line: string, depth: number): Denied {
  look.left -= line.length + 20
  if (look.left < 0) return 'maybe'
  const { commands, open } = readShell(line, depth)
  return worst([open ? 'maybe' : 'no', ...commands.map((command) => deniedCommand(look, command, depth))])
}

function deniedCommand(look: Look, command: Command, depth: number): Denied {
  const words = command.slice(leading(command))
  const starts = words[0] !== undefined && STARTERS.has(nameOf(words[0]))
  let found = deniedAt(look, words, depth)
  // Whatever it starts is somewhere among its words, however many such programs start one another.
  for (let at = 1; starts && at < words.length && found !== 'yes'; at++)
    found = worst([found, deniedAt(look, words.slice(at), depth)])
  return found
}

/** The first word as the program. */
function deniedAt(look: Look, words: Word[], depth: number): Denied {
  const [first, ...rest] = words
  if (!first) return 'no'
  look.left -= words.length
  if (first.open || look.left < 0) return 'maybe'
  const program = nameOf(first)
  const own = matchesWords(look.argument, words)
  if (own === 'yes') return 'yes'
  if (program === 'eval') return worst([own, ...code(look, [join(rest)], depth)])
  if (SHELLS.has(program)) return worst([own, ...given(look, rest, depth)])
  const texts = rest.map(({ text }) => text)
  const lines = rest.flatMap(({ text, open }) => {
    const line = lineIn(program, text, texts)
    return line === undefined ? [] : [{ text: line, open }]
  })
  return worst([own, ...code(look, lines, depth)])
}

/** What a shell is given to run: any of its words may be code; with none it reads it from elsewhere. */
function given(look: Look, rest: Word[], depth: number): Denied[] {
  const isElsewhere = ({ text }: Word) => /^\/(dev|proc)\//.test(text)
  if (!rest.some(({ text, open }) => open || !/^[-+]/.test(text)) || rest.some(isElsewhere)) return ['maybe']
  return code(look, rest, depth)
}

function code(look: Look, words: Word[], depth: number): Denied[] {
  return words.map(({ text, open }) => worst([open ? 'maybe' : 'no', deniedIn(look, text, depth + 1)]))
}

const join = (words: Word[]): Word => ({
  text: words.map(({ text }) => text).join(' '),
  open: words.some(({ open }) => open),
})

const KEYWORDS = new Set(['{', '}', '!', 'if', 'then', 'else', 'elif', 'do', 'while', 'until', 'coproc'])

/** How many words stand before the program. */
function leading(command: Command): number {
  const at = command.findIndex(({ text }) => !KEYWORDS.has(text) && !/^\w+(\[[^\]]*\])?\+?=/.test(text))
  return at < 0 ? command.length : at
}

const nameOf = ({ text }: Word) => text.slice(text.lastIndexOf('/') + 1)

function matchesWords(argument: string, words: Word[]): Denied {
  const prefix = prefixOf(argument)
  if (prefix === undefined && argument.includes('*')) return matchesGlob(argument.trim(), words)
  const wanted = (prefix ?? argument).trim().split(/\s+/).map(unquoted)
  const found = startsWith(words, wanted)
  if (found !== 'yes' || prefix !== undefined) return found
  return words.length === wanted.length ? 'yes' : words.slice(wanted.length).some(({ open }) => open) ? 'maybe' : 'no'
}

const unquoted = (word: string) => word.replace(/^(['"])(.*)\1$/, '$2')

function startsWith(words: Word[], wanted: string[]): Denied {
  for (const [at, want] of wanted.entries()) {
    const word = words[at]
    if (!word) return 'no'
    if (word.text === want && !word.open) continue
    if (at === 0 && nameOf(word) === want) continue
    if (word.open) return 'maybe'
    // Options of the program stand before what it is told to do: git -C dir push.
    if (at === 0 || !word.text.startsWith('-')) return 'no'
    return worst(words.slice(at + 1).map((_, later) => standsAt(words, at + 1 + later, wanted.slice(at))))
  }
  return 'yes'
}

function standsAt(words: Word[], from: number, wanted: string[]): Denied {
  for (const [at, want] of wanted.entries()) {
    if (words[from + at]?.open) return 'maybe'
    if (words[from + at]?.text !== want) return 'no'
  }
  return 'yes'
}

function matchesGlob(argument: string, words: Word[]): Denied {
  const [first, ...rest] = words
  if (!first) return 'no'
  const line = [nameOf(first), ...rest.map(({ text }) => text)].join(' ')
  const whole = words.map(({ text }) => text).join(' ')
  if (fitsGlob(argument, line) || fitsGlob(argument, whole)) return 'yes'
  const program = argument.split(/\s+/)[0] ?? ''
  const same = program.includes('*') ? fitsGlob(program, nameOf(first)) : program === nameOf(first)
  return same && words.some(({ open }) => open) ? 'maybe' : 'no'
}

function worst(all: Denied[]): Denied {
  return all.includes('yes') ? 'yes' : all.includes('maybe') ? 'maybe' : 'no'
}
