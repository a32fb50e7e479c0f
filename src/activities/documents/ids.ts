// Names of items that people type after --item: the file, which lines or pages, which question; each once.

const MOST_CHARACTERS = 100

export const SYNTHESIS = 'synthesis'

/** Of the call that combines the answers to a question: `synthesis`, or `synthesis@q2` of several. */
export function synthesisId(question: number, questions: number): string {
  return questions > 1 ? `${SYNTHESIS}@q${question + 1}` : SYNTHESIS
}

/** `notes.md`, `notes.md:201-400`, `notes.md:201-400@q2`; told apart by `~2` where they would be the same. */
export function itemIds(items: { path: string; where: string; question: number }[], questions: number): string[] {
  const taken = new Set(Array.from({ length: Math.max(1, questions) }, (_, index) => synthesisId(index, questions)))
  return items.map(({ path, where, question }) => {
    const end = (where && `:${where}`) + (questions > 1 ? `@q${question + 1}` : '')
    for (let count = 1; ; count++) {
      const id = named(path, count === 1 ? end : `${end}~${count}`)
      if (taken.has(id)) continue
      taken.add(id)
      return id
    }
  })
}

function named(path: string, end: string): string {
  const name = path.replace(/\p{Cc}/gu, '?')
  const room = MOST_CHARACTERS - end.length
  return (name.length <= room ? name : `…${name.slice(-(room - 1)).replace(/^[\udc00-\udfff]/, '')}`) + end
}
