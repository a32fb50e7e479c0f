// Input from a file or from standard input (`-`): text, or JSON with the place of the mistake named.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from './exit.js'

const PATIENCE_MS = 3000

/** UTF-8 text. Throws UsageError for what is not there, is a directory or is no UTF-8. */
export async function readText(source: string): Promise<string> {
  return decode(source === '-' ? await readStandardInput() : await readFileOr(source), source)
}

/** Throws UsageError naming the source when it is no JSON. */
export async function readJson(source: string): Promise<unknown> {
  const text = await readText(source)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${named(source)} is not JSON: ${(error as SyntaxError).message}`)
  }
}

/** Throws UsageError for what cannot be read. */
export async function readFileOr(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') throw new UsageError(`no such file: ${path}`)
    if (code === 'EISDIR') throw new UsageError(`${path} is a directory: wanted a file`)
    if (code === 'EACCES') throw new UsageError(`${path} may not be read`)
    throw error
  }
}

/**
 * Standing input: what a pipe or a file brings; nothing when a terminal is there, or when a pipe that somebody holds
 * open brings nothing for 3 s (programs that start us often do that).
 */
export async function standingInput(say: (line: string) => void): Promise<string> {
  if (process.stdin.isTTY) return ''
  const begun = await Promise.race([once(process.stdin, 'readable').then(() => true), sleep(PATIENCE_MS, false)])
  if (begun) return decode(await readStandardInput(), '-')
  process.stdin.destroy()
  say(`nothing on standard input for ${PATIENCE_MS / 1000} s: going on without it`)
  return ''
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function decode(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(`${named(source)} is not text: wanted UTF-8`)
  }
}

const named = (source: string) => (source === '-' ? 'standard input' : source)

/** A task in words, of standard input for `-`, or of a file. `command`: who wants it. */
export async function taskOf(command: string, task: string | undefined, file: string | undefined): Promise<string> {
  if (task !== undefined && file !== undefined) throw new UsageError(`${command}: got a task and --file; wanted one`)
  const source = file ?? (task === '-' ? '-' : undefined)
  const text = source === undefined ? (task ?? '') : await readText(source)
  if (text.trim() === '') throw new UsageError(`${command}: got no task; wanted it in words, - or --file`)
  return text
}
