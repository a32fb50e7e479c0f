// What a plan or an agent says stands in git's messages and in questions: nothing in it may drive a terminal, end a message
// (git takes no NUL) or turn the text around it.

/** Controls, marks of direction, separators of lines and halves of characters are blanks. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ')
}

/** @param characters the most there are of it */
export function oneLine(text: string, characters: number): string {
  const line = plainText(text).replace(/\s+/g, ' ').trim()
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line
}
