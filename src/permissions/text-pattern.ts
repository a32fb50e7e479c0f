// Patterns of text: a star stands for anything, everything else for itself. Looked for piece by piece and never again:
// texts are a model's, as long as it likes, and a regular expression with several stars would take for ever on some.

/** Of the whole text. */
export function fitsGlob(pattern: string, text: string): boolean {
  const [first = '', ...pieces] = pattern.split('*')
  const last = pieces.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of pieces) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
