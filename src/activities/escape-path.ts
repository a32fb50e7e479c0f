// A path in the frame around a file or document that a model reads: whatever it is called, the frame stays one line.

/** A path as an attribute value on one line. */
export function escapePath(path: string): string {
  return path.replace(/[&"<>]|\p{Cc}|[\u2028\u2029]/gu, (character) => NAMED[character] ?? numbered(character))
}

const NAMED: Record<string, string> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' }
const numbered = (character: string) => `&#${character.codePointAt(0)};`
