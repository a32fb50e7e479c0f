// Tokens are estimated, not tokenized: one per four UTF-8 bytes, rounded up, and three for what wraps a block. Cheap
// enough for hundreds of 100 kB prompts a second, the same for count_tokens and for usage, and predictable in tests.

const BYTES_PER_TOKEN = 4

/** What a block costs beyond its text: its type, its role, its delimiters. */
export const BLOCK_OVERHEAD = 3

export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
}

/** The longest head of `text` that is at most `tokens` long, never splitting a character. */
export function headOfTokens(text: string, tokens: number): string {
  const bytes = Buffer.from(text)
  let end = tokens * BYTES_PER_TOKEN
  if (bytes.length <= end) return text
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
