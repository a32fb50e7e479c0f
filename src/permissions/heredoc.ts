// Texts that follow a command's line belong to it and are no commands, whatever quotes stand in them; but where their
// end was not quoted, the shell expands them.

/** `tabs`: leading tabs do not count. */
export type Heredoc = { end: string; tabs: boolean; expands: boolean }

/** How many characters after the line belong to these texts, and whether one of them runs something. */
export function readHeredocs(rest: string, heredocs: Heredoc[]): { length: number; expands: boolean } {
  let at = 0
  let expands = false
  for (const { end, tabs, expands: live } of heredocs) {
    for (let ended = false; !ended && at < rest.length; ) {
      const newline = rest.indexOf('\n', at)
      const line = rest.slice(at, newline < 0 ? undefined : newline)
      at = newline < 0 ? rest.length : newline + 1
      ended = (tabs ? line.replace(/^\t+/, '') : line) === end
      if (!ended && live && /\$|`/.test(line)) expands = true
    }
  }
  return { length: at, expands }
}
