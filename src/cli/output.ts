// Data goes to standard output, talk to standard error, so that `ensemble … > file` and `| jq` get data alone.
import pc from 'picocolors'

/** What a program or a file wants: text as it is, with a newline at its end; a terminal gets no control sequences. */
export function data(text: string): void {
  const shown = process.stdout.isTTY ? harmless(text) : text
  process.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`)
}

/** Text of several lines without what could drive a terminal. */
export function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '')
}

/** One line of text that others wrote, such as a model: nothing in it can move the cursor. */
export function printable(line: string): string {
  return line.replace(/\p{Cc}+/gu, ' ')
}

/** One JSON document; on a terminal indented for people. */
export function json(value: unknown): void {
  data(JSON.stringify(value, null, process.stdout.isTTY ? 2 : undefined))
}

/** For the person who watches. Much of it was written by others: ids, file names, messages of servers. */
export function say(line = ''): void {
  process.stderr.write(`${harmless(line)}\n`)
}

export type Colours = ReturnType<typeof pc.createColors>

/** Colour only on a terminal and without NO_COLOR. */
export function colours(stream: NodeJS.WriteStream): Colours {
  return pc.createColors(Boolean(stream.isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb')
}

/** A question may be asked only when a person can see it and answer. */
export function someoneIsThere(): boolean {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY)
}
