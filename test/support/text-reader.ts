// Reads the texts of a run as any program would: by the events, forgetting what a reset says to forget.
import type { RunEvent } from '../../src/client/run-event.js'

type Readable = {
  events(options?: { signal?: AbortSignal; text?: boolean; cursor?: number }): AsyncGenerator<RunEvent, void>
}

export type Read = {
  texts: Record<string, string>
  pieces: number
  resets: number
  /** Those of which any text came, by item. */
  attempts: Record<string, number[]>
  warnings: string[]
  cursor?: number
  end?: Extract<RunEvent, { type: 'end' }>
}

export type Reading = {
  cursor?: number
  /** What an earlier reader had. */
  texts?: Record<string, string>
  /** Asked after every piece: whether to read no further. */
  stop?: (read: Read) => boolean
  /** Done after every piece. */
  after?: (read: Read) => Promise<void>
}

export async function reader(run: Readable, { cursor, texts = {}, stop, after }: Reading = {}): Promise<Read> {
  const read: Read = { texts, pieces: 0, resets: 0, attempts: {}, warnings: [] }
  for await (const event of run.events({ text: true, ...(cursor !== undefined && { cursor }) })) {
    if (event.type === 'warning') read.warnings.push(event.message)
    if (event.type === 'end') read.end = event
    if (event.type !== 'text') continue
    read.pieces++
    if (event.reset) read.resets++
    read.texts[event.item] = (event.reset ? '' : (read.texts[event.item] ?? '')) + event.text
    const attempts = read.attempts[event.item] ?? []
    if (event.text !== '' && !attempts.includes(event.attempt)) read.attempts[event.item] = [...attempts, event.attempt]
    if (event.cursor !== undefined) read.cursor = event.cursor
    if (stop?.(read)) break
    await after?.(read)
  }
  return read
}
