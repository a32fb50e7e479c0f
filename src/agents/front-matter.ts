// The lines between two `---` at the very start of a Markdown file, as YAML. What is wrong with them is said with the
// line of the file it is in.
import { isMap, LineCounter, type ParsedNode, parseDocument } from 'yaml'

export type FrontMatter = {
  fields: Record<string, unknown>
  /** What comes below. */
  body: string
  /** The file's line that holds a field. */
  lineOf(path: readonly PropertyKey[]): number
}

/** With the line, where it has one. */
export class FrontMatterError extends Error {
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(`line ${line}: ${message}`)
  }
}

/** @throws FrontMatterError, for people */
export function readFrontMatter(text: string): FrontMatter {
  const clean = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')
  if (!/^---[ \t]*\n/.test(clean))
    throw new FrontMatterError('has no front matter; wanted "---" first, then fields such as name and tools', 1)
  const [, yaml, body] = /^---[ \t]*\n((?:.*\n)*?)---[ \t]*(?:\n|$)([\s\S]*)$/.exec(clean) ?? []
  if (yaml === undefined || body === undefined)
    throw new FrontMatterError('its front matter has no end; wanted a line "---" after the fields', 1)
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' })
  // The first line of the YAML is the second of the file.
  const lineAt = (offset: number) => lines.linePos(offset).line + 1
  const [problem] = [...document.errors, ...document.warnings]
  if (problem) throw new FrontMatterError(`its front matter is no YAML: ${problem.message}`, lineAt(problem.pos[0]))
  if (document.contents !== null && !isMap(document.contents))
    throw new FrontMatterError('its front matter is no list of fields; wanted lines such as "name: fixer"', 2)
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as ParsedNode | undefined
      if (node?.range) return lineAt(node.range[0])
    }
    return 2
  }
  return { fields: fieldsOf(document, lineAt), body, lineOf }
}

/** An alias may be repeated until nothing else fits into memory: the library counts. */
function fieldsOf(document: { toJS(): unknown }, lineAt: (offset: number) => number): Record<string, unknown> {
  try {
    return (document.toJS() ?? {}) as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw new FrontMatterError(`its front matter cannot be read: ${error.message}`, lineAt(0))
  }
}
