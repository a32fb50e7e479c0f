// Short texts travel in results themselves; longer ones are stored once and travel as a ref with their head.
import type { Root, Text } from '../contracts/refs.js'
import type { Store } from '../storage/store.js'

const HEAD_CHARACTERS = 200

/** @param inlineBytes UTF-8 bytes up to which the text is kept as it is. */
export async function keepText(store: Store, root: Root, text: string, inlineBytes: number): Promise<Text> {
  const bytes = Buffer.byteLength(text)
  // Control characters are escaped in JSON: a text full of them would be six times as large in a result.
  if (bytes <= inlineBytes && Buffer.byteLength(JSON.stringify(text)) <= 2 * inlineBytes + 2) return text
  return { ref: await store.put(root, text), bytes, head: headOf(text, Math.min(HEAD_CHARACTERS, inlineBytes)) }
}

/** As keepText for parsed JSON: small values stay, large ones become a ref to their JSON. */
export async function keepJson(store: Store, root: Root, value: unknown, inlineBytes: number): Promise<unknown> {
  const kept = await keepText(store, root, JSON.stringify(value), inlineBytes)
  return typeof kept === 'string' ? value : kept
}

/** The text itself, wherever it is. */
export async function readText(store: Store, text: Text): Promise<string> {
  return typeof text === 'string' ? text : store.text(text.ref)
}

/** Cut at a character, not inside one. */
export function headOf(text: string, characters: number): string {
  const cut = text.slice(0, characters)
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut
}

/** The last line of a text, at most so many characters of its end. */
export function lastLine(text: string, characters: number): string {
  const tail = text.slice(-4 * characters).trimEnd()
  const line = tail.slice(tail.lastIndexOf('\n') + 1).slice(-characters)
  return /^[\uDC00-\uDFFF]/.test(line) ? line.slice(1) : line
}
