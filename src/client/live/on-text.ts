// Texts handed to whoever started the run: one function for all of it, or one for each item. A list that does not fit the
// items is refused before anything is asked.
import { InvalidInputError } from '../errors.js'
import type { Server } from '../server.js'
import { awaitFinals } from './finals.js'
import { liveText } from './live-text.js'

/** With `reset`, forget what came of this answer before: it begins again with this text. */
export type OnText = (text: string, at: { item: string; turn: number; reset: boolean }) => void
/** A list has one for each item, in order; null where nobody listens. */
export type OnTexts = OnText | (OnText | null)[]

type Listening = (item: string) => OnText | null | undefined

/** @param input was checked. Throws InvalidInputError. */
export function listening(workflow: string, input: Record<string, unknown>, onText: OnTexts): Listening {
  if (typeof onText === 'function') return () => onText
  if (!Array.isArray(onText)) throw new InvalidInputError(`onText: got ${typeof onText}; wanted a function, or a list`)
  const { items } = input
  if (workflow !== 'parallel' || !Array.isArray(items)) {
    const what = workflow === 'parallel' ? 'itemsFile, whose items are not known here' : workflow
    throw new InvalidInputError(`onText: got a list for ${what}; wanted one function`)
  }
  if (onText.length !== items.length)
    throw new InvalidInputError(`onText: got ${onText.length} for ${items.length} items; wanted one for each (or null)`)
  const wrong = onText.findIndex((one) => one !== null && typeof one !== 'function')
  if (wrong >= 0) throw new InvalidInputError(`onText.${wrong}: got ${typeof onText[wrong]}; wanted a function or null`)
  const ids = items.map((item: { id?: unknown }, index) => String(item.id ?? index + 1))
  const byItem = new Map(ids.map((id, index) => [id, onText[index]]))
  return (item) => byItem.get(item)
}

/** Resolves when all was told. Rejects with what a listener throws, and with ConnectionError. */
export async function tellTexts(server: Server, id: string, to: Listening, signal: AbortSignal): Promise<void> {
  const final = awaitFinals(server, id, signal)
  for await (const event of liveText(server, { of: id, taskQueue: server.taskQueue, open: true, final, signal })) {
    if (event.type !== 'text') continue
    const { item, turn, text, reset = false } = event
    to(item)?.(text, { item, turn, reset })
  }
}
