// The documents of a request, read back from the prompt: `<document path="…" …>`, lines behind a number and a tab,
// `</document>`; of a PDF or an image only the tag, its content is a block of its own.

export type Row = { place: number; text: string }
export type DocumentSource = { path: string; image: boolean; rows: Row[] }

/** @param pdfs the pages of each PDF, in the order of their tags */
export function documentsIn(prompt: string, pdfs: string[][]): DocumentSource[] {
  const documents: DocumentSource[] = []
  const waiting = [...pdfs]
  let open: DocumentSource | undefined
  for (const line of prompt.split('\n')) {
    const [, path = '', rest = ''] = (!open && /^<document path="([^"]*)"(.*)>$/.exec(line)) || []
    if (path) {
      const document: DocumentSource = { path, image: rest.includes('image='), rows: [] }
      documents.push(document)
      if (!rest.endsWith('/')) open = document
      else if (!document.image) document.rows = (waiting.shift() ?? []).flatMap(rowsOfPage)
    } else if (open && line === '</document>') {
      open = undefined
    } else if (open) {
      const tab = line.indexOf('\t')
      open.rows.push({ place: Number(line.slice(0, Math.max(0, tab))), text: line.slice(tab + 1) })
    }
  }
  return documents
}

function rowsOfPage(page: string, index: number): Row[] {
  return page.split('\n').map((text) => ({ place: index + 1, text }))
}

export function questionIn(texts: string[]): string | undefined {
  return /<question>\n(.*?)\n<\/question>/s.exec(texts.join('\n'))?.[1]
}
