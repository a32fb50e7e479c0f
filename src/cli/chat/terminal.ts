// The terminal of a chat: one place where text arrives and a person types. While an answer arrives nothing is drawn over:
// the first key typed holds the text back and shows the prompt, Enter (or an emptied line) lets it go on.
import { clearLine, createInterface, cursorTo, type Interface, type Key } from 'node:readline'
import { type Colours, colours, harmless } from '../output.js'

export type Terminal = {
  /** Text of an answer as it comes; line ends are its own. */
  text(part: string): void
  /** A line for the person, after whatever was being written. */
  note(line: string, paint?: keyof Pick<Colours, 'dim' | 'yellow' | 'red' | 'bold'>): void
  /** While it is true no prompt is shown before something is typed. */
  busy(now: boolean): void
  /** Takes what is typed, from now on. */
  start(): void
  close(): void
}

export type Typed = {
  line(text: string): void
  /** Ctrl-C. */
  interrupt(): void
  /** Ctrl-D, or the terminal went away. */
  end(): void
}

const PASTES_MARKED = '\u001b[?2004h'
const PASTES_PLAIN = '\u001b[?2004l'

export function openTerminal(typed: Typed): Terminal {
  const { stdin: input, stdout, stderr } = process
  const colour = colours(stderr)
  const answers = colours(stdout)
  const shared = stdout.isTTY // else answers go to a file, and only the talk is seen here
  const reader: Interface = createInterface({ input, output: stderr, prompt: colour.bold('› '), terminal: true })
  let [isBusy, typing, pasting, atStart, closed] = [false, false, false, true, false]
  let pasted: string[] = []
  const held: (() => void)[] = []

  const freshLine = () => {
    if (!atStart) stderr.write('\n')
    atStart = true
  }
  const showPrompt = () => {
    freshLine()
    reader.prompt(true)
  }
  const release = () => {
    typing = false
    for (const write of held.splice(0)) write()
  }
  const output = (write: () => void) => {
    if (closed) return
    if (typing) {
      held.push(write)
      return
    }
    if (!isBusy) hidePrompt()
    write()
    if (!isBusy) showPrompt()
  }
  const hidePrompt = () => {
    cursorTo(stderr, 0)
    clearLine(stderr, 0)
    atStart = true
  }

  /** Before the key is taken in. */
  const before = (text: string | undefined, key: Key | undefined) => {
    if (key?.name === 'paste-start') pasting = true
    if (key?.name === 'paste-end') pasting = false
    const ends =
      key?.name === 'return' || key?.name === 'enter' || (key?.ctrl && (key.name === 'c' || key.name === 'd'))
    if (!isBusy || typing || ends || (text === undefined && !MOVES.has(key?.name ?? ''))) return
    typing = true
    showPrompt()
  }
  /** After it. */
  const after = () => {
    if (!isBusy || !typing || reader.line !== '' || pasted.length > 0) return
    hidePrompt()
    release()
  }
  input.prependListener('keypress', before)
  input.on('keypress', after)
  stderr.write(PASTES_MARKED)

  reader.on('line', (line) => {
    atStart = true
    pasted.push(line)
    if (pasting) return // the rest of it comes, then Enter
    const whole = pasted.join('\n')
    pasted = []
    const wasTyping = typing
    typing = false
    typed.line(whole)
    if (wasTyping) release()
    if (!isBusy && !closed) showPrompt()
  })
  reader.on('SIGINT', () => {
    if (reader.line === '' && pasted.length === 0) return typed.interrupt()
    pasted = []
    reader.write(null, { ctrl: true, name: 'e' })
    reader.write(null, { ctrl: true, name: 'u' })
    after()
  })
  reader.on('close', () => {
    if (!closed) typed.end()
  })

  return {
    text(part) {
      output(() => {
        if (part === '') return
        const shown = shared ? harmless(part) : part
        stdout.write(shared ? answers.cyan(shown) : shown)
        if (shared) atStart = shown.endsWith('\n')
      })
    },
    note(line, paint = 'dim') {
      output(() => {
        freshLine()
        stderr.write(`${colour[paint](harmless(line))}\n`)
      })
    },
    busy(now) {
      if (now === isBusy || closed) return
      isBusy = now
      if (now) return
      release()
      showPrompt()
    },
    start() {
      if (!isBusy) showPrompt()
    },
    close() {
      if (closed) return
      closed = true
      input.off('keypress', before).off('keypress', after)
      stderr.write(PASTES_PLAIN)
      reader.close()
      freshLine()
    },
  }
}

/** Keys that change the line although they write nothing. */
const MOVES = new Set(['up', 'down', 'paste-start'])
