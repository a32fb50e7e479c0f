// Whether a command line is surely one plain command: what allows a command must not allow another one with it.

/**
 * The command with single blanks between its words, when it is one simple command: no operator, substitution, variable,
 * redirection, assignment or line break. Otherwise undefined.
 */
export function simpleCommand(line: string): string | undefined {
  const words: string[] = []
  let rest = line.trim()
  if (/[^\P{C}\t]/u.test(rest) || /[^\S \t]/u.test(rest)) return undefined
  while (rest !== '') {
    const word = /^(?:[^\s'"\\$`;&|<>(){}]|'[^']*'|"(?:[^"\\$`]|\\.)*")+/.exec(rest)?.[0]
    if (word === undefined) return undefined
    words.push(word)
    rest = rest.slice(word.length).replace(/^[ \t]+/, '')
  }
  if (words.length === 0 || words[0]?.includes('=')) return undefined
  return words.join(' ')
}
