// Rules about shell commands: `git status:*` (these words, and any after them), `npm run *` (a star for anything), or a
// whole command. What allows is read narrowly, what denies widely: behind another program that starts it, in a string
// given to a shell, with its path, quoted or after its own options.
import { type Command, readShell, type Word } from './shell.js'
import { simpleCommand } from './simple-command.js'
import { globRegExp } from './text-pattern.js'

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
  return simple !== undefined && globRegExp(argument.trim()).test(simple)
}

/** The words before `:*` or a last ` *`. */
function prefixOf(argument: string): string | undefined {
  return /^([^*]+?)(?::\*|\s+\*)$/.exec(argument.trim())?.[1]
}

export function deniesCommand(argument: string, line: string): Denied {
  if (argument === '*' || line.trim() === argument.trim()) return 'yes'
  return deniedIn(argument, line, 0)
}

function deniedIn(argument: string, line: string, depth: number): Denied {
  const { commands, open } = readShell(line, depth)
  return worst([open ? 'maybe' : 'no', ...commands.map((command) => deniedCommand(argument, command, depth))])
}

function deniedCommand(argument: string, command: Command, depth: number): Denied {
  const words = command.slice(leading(command))
  const [first, ...rest] = words
  if (!first) return 'no'
  if (first.open) return 'maybe'
  const program = nameOf(first)
  const own = matchesWords(argument, words)
  if (own === 'yes') return 'yes'
  if (program === 'eval') return worst([own, ...code(argument, [join(rest)], depth)])
  if (SHELLS.has(program)) return worst([own, ...given(argument, rest, depth)])
  if (!STARTERS.has(program)) return own
  return worst([own, ...rest.map((_, at) => deniedCommand(argument, rest.slice(at), depth + 1))])
}

/** What a shell is given to run: any of its words may be code; with none it reads it from elsewhere. */
function given(argument: string, rest: Word[], depth: number): Denied[] {
  if (!rest.some(({ text, open }) => open || !/^[-+]/.test(text))) return ['maybe']
  return code(argument, rest, depth)
}

function code(argument: string, words: Word[], depth: number): Denied[] {
  return words.map(({ text, open }) => worst([open ? 'maybe' : 'no', deniedIn(argument, text, depth + 1)]))
}

const join = (words: Word[]): Word => ({
  text: words.map(({ text }) => text).join(' '),
  open: words.some(({ open }) => open),
})

const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'ash', 'fish', 'su', 'script'])
/** They start what follows somewhere among their words. */
const STARTERS = new Set(
  'busybox builtin chroot command doas env exec fd find flock ionice nice nohup npx nsenter parallel setsid ssh stdbuf strace sudo time timeout unshare watch xargs'.split(
    ' ',
  ),
)
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
    return worst(
      words.slice(at + 1).map((_, later) => startsWithExactly(words.slice(at + 1 + later), wanted.slice(at))),
    )
  }
  return 'yes'
}

function startsWithExactly(words: Word[], wanted: string[]): Denied {
  for (const [at, want] of wanted.entries()) {
    if (words[at]?.open) return 'maybe'
    if (words[at]?.text !== want) return 'no'
  }
  return 'yes'
}

function matchesGlob(argument: string, words: Word[]): Denied {
  const [first, ...rest] = words
  if (!first) return 'no'
  const line = [nameOf(first), ...rest.map(({ text }) => text)].join(' ')
  const whole = words.map(({ text }) => text).join(' ')
  const pattern = globRegExp(argument)
  if (pattern.test(line) || pattern.test(whole)) return 'yes'
  const program = argument.split(/\s+/)[0] ?? ''
  const same = program.includes('*') ? globRegExp(program).test(nameOf(first)) : program === nameOf(first)
  return same && words.some(({ open }) => open) ? 'maybe' : 'no'
}

function worst(all: Denied[]): Denied {
  return all.includes('yes') ? 'yes' : all.includes('maybe') ? 'maybe' : 'no'
}
