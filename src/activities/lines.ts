// What a line is, in one place: the numbers a model is shown and the numbers its answer is checked against must agree.

/** Lines without their ends (LF, CRLF or a lone CR); an end at the very end starts no further line. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
