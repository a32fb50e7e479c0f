// What a shell would make of a command line, as far as permissions must know it: which programs it may start, with which
// words, and whether anything in it stays open until it runs: every command there may be, in pipes, substitutions and loops.
import { type Heredoc, readHeredocs } from './heredoc.js'

/** One word, quotes taken away. `open`: an expansion decides what it becomes. */
export type Word = { text: string; open: boolean }
/** In order; assignments before the program and redirections left out. */
export type Command = Word[]
/** `open`: something may run that cannot be read off the line. */
export type Shell = { commands: Command[]; open: boolean }

/** Deeper is nothing people write. */
const MAX_DEPTH = 20

export function readShell(line: string, depth = 0): Shell {
  const shell: Shell = { commands: [], open: depth > MAX_DEPTH }
  if (depth <= MAX_DEPTH) new Reader(line, shell, depth).read()
  return shell
}

class Reader {
  private at = 0
  private words: Word[] = []
  private word: (Word & { quoted: boolean }) | undefined
  /** The next word is where a redirection goes. */
  private target: 'file' | 'heredoc' | 'heredoc-tabs' | undefined
  private readonly heredocs: Heredoc[] = []

  constructor(
    private readonly line: string,
    private readonly shell: Shell,
    private readonly depth: number,
  ) {}

  read(): void {
    while (this.at < this.line.length) this.step()
    this.endCommand()
    if (this.heredocs.length > 0) this.shell.open = true
  }

  private step(): void {
    const { line, at } = this
    const char = line[at] as string
    if (char === '#' && !this.word) {
      while (this.at < line.length && line[this.at] !== '\n') this.at++
      return
    }
    this.at++
    if (char === '\n') this.endLine()
    else if (/\s/.test(char)) this.endWord()
    else if (';&|()'.includes(char)) this.endCommand()
    else if (char === '<' || char === '>') this.redirect(char)
    else if (char === "'") this.add(this.upTo("'"), { quoted: true })
    else if (char === '"') this.doubleQuoted()
    else if (char === '\\') this.escaped()
    else if (char === '$') this.dollar()
    else if (char === '`') this.backticks()
    else this.add(char, { open: '*?[{'.includes(char) })
  }

  private add(text: string, { open = false, quoted = false } = {}): void {
    this.word ??= { text: '', open: false, quoted: false }
    this.word.text += text
    this.word.open ||= open
    this.word.quoted ||= quoted
  }

  private endWord(): void {
    const { word, target } = this
    if (!word) return
    this.word = undefined
    this.target = undefined
    // The test program's own name is no pattern.
    const open = word.open && !/^\[\[?$/.test(word.text)
    if (target === undefined) this.words.push({ text: word.text, open })
    else if (target !== 'file')
      this.heredocs.push({ end: word.text, tabs: target === 'heredoc-tabs', expands: !word.quoted })
  }

  private endCommand(): void {
    this.endWord()
    this.target = undefined
    if (this.words.length > 0) this.shell.commands.push(this.words)
    this.words = []
  }

  private endLine(): void {
    this.endCommand()
    if (this.heredocs.length === 0) return
    const read = readHeredocs(this.line.slice(this.at), this.heredocs.splice(0))
    this.at += read.length
    // What a body expands runs, too.
    if (read.expands) this.shell.open = true
  }

  private redirect(first: string): void {
    if (this.line[this.at] === '(') {
      this.at++
      this.nested(this.closing())
      this.add('', { open: true })
      return
    }
    // The descriptor belongs to the arrow.
    if (this.word && !this.word.quoted && /^\d+$/.test(this.word.text)) this.word = undefined
    this.endWord()
    const more = first === '<' ? /^(?:<<|<-?|&-?|>)?/ : /^(?:>|\||&-?)?/
    const arrow = first + (more.exec(this.line.slice(this.at, this.at + 2))?.[0] ?? '')
    this.at += arrow.length - 1
    this.target = arrow === '<<' ? 'heredoc' : arrow === '<<-' ? 'heredoc-tabs' : 'file'
    if (arrow.endsWith('&-')) this.target = undefined
  }

  private escaped(): void {
    const char = this.line[this.at++]
    if (char !== undefined && char !== '\n') this.add(char, { quoted: true })
  }

  private doubleQuoted(): void {
    this.add('', { quoted: true })
    for (;;) {
      const char = this.line[this.at++]
      if (char === undefined) {
        this.shell.open = true
        return
      }
      if (char === '"') return
      if (char === '\\') {
        const next = this.line[this.at++] ?? ''
        this.add('$`"\\'.includes(next) ? next : next === '\n' ? '' : `\\${next}`)
      } else if (char === '$') this.dollar()
      else if (char === '`') this.backticks()
      else this.add(char)
    }
  }

  private dollar(): void {
    const next = this.line[this.at] ?? ''
    this.add('', { open: true })
    if (next === '(') {
      this.at++
      this.nested(this.closing())
    } else if (next === '{') {
      this.at++
      this.nested(this.closing('{', '}'))
    } else if (next === "'") {
      this.at++
      // Escapes in it may spell anything.
      while (this.at < this.line.length && this.line[this.at] !== "'") this.at += this.line[this.at] === '\\' ? 2 : 1
      this.at++
    } else if (/\w/.test(next)) this.at += /^\w+/.exec(this.line.slice(this.at))?.[0].length ?? 0
    else if ('@*#?$!-'.includes(next) && next !== '') this.at++
  }

  private backticks(): void {
    const start = this.at
    while (this.at < this.line.length && this.line[this.at] !== '`') this.at += this.line[this.at] === '\\' ? 2 : 1
    const inner = this.line.slice(start, this.at++)
    this.add('', { open: true })
    this.nested(inner.replace(/\\([\\`$])/g, '$1'))
  }

  private nested(line: string): void {
    const { commands, open } = readShell(line, this.depth + 1)
    this.shell.commands.push(...commands)
    this.shell.open ||= open
  }

  /** The text up to the bracket that closes; quotes and brackets in it are skipped. */
  private closing(opens = '(', closes = ')'): string {
    const start = this.at
    for (let level = 1; this.at < this.line.length; this.at++) {
      const char = this.line[this.at]
      if (char === '\\') this.at++
      else if (char === "'" || char === '"') this.skipQuoted(char)
      else if (char === opens) level++
      else if (char === closes && --level === 0) return this.line.slice(start, this.at++)
    }
    this.shell.open = true
    return this.line.slice(start)
  }

  private skipQuoted(quote: string): void {
    for (this.at++; this.at < this.line.length && this.line[this.at] !== quote; this.at++)
      if (quote === '"' && this.line[this.at] === '\\') this.at++
  }

  private upTo(end: string): string {
    const found = this.line.indexOf(end, this.at)
    if (found < 0) this.shell.open = true
    const text = this.line.slice(this.at, found < 0 ? undefined : found)
    this.at += text.length + 1
    return text
  }
}
