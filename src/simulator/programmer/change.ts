// From a file as it was read to the file as it shall be: an edit where little changes, the whole file where it is new or
// becomes another.

export type Change = { tool: 'Write' | 'Edit'; input: Record<string, string> }

/** @param before undefined: there is no such file */
export function changeOf(file: string, before: string | undefined, after: string): Change | undefined {
  if (before === after) return undefined
  const whole: Change = { tool: 'Write', input: { file_path: file, content: after } }
  if (before === undefined || before === '') return whole
  const [old, now] = [before.split('\n'), after.split('\n')]
  const least = Math.min(old.length, now.length)
  let start = 0
  while (start < least && old[start] === now[start]) start++
  let same = 0
  while (same < least - start && old.at(-1 - same) === now.at(-1 - same)) same++
  // Something that is there must be replaced, and be there once.
  let [first, end] = [start, old.length - same]
  const text = () => old.slice(first, end).join('\n')
  while (text() === '' || before.split(text()).length !== 2) {
    if (first > 0) first--
    else if (end < old.length) end++
    else return whole
  }
  if (end - first > old.length / 2 && old.length > 8) return whole
  const changed = now.slice(first, now.length - (old.length - end)).join('\n')
  return { tool: 'Edit', input: { file_path: file, old_string: text(), new_string: changed } }
}
