// The text of a web page, found in one pass: whatever a page consists of, this takes time in proportion to its length.
const UNSEEN = new Set(['script', 'style', 'noscript', 'template', 'svg', 'head'])
const BREAKS = new Set('p div br li tr table section article header footer h1 h2 h3 h4 h5 h6 pre blockquote'.split(' '))
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', '#39': "'" }

export function pageText(html: string): string {
  const lower = html.toLowerCase()
  const out: string[] = []
  for (let at = 0; at < html.length; ) {
    const open = html.indexOf('<', at)
    if (open < 0) {
      out.push(html.slice(at))
      break
    }
    out.push(html.slice(at, open))
    at = afterTag(lower, open, out)
  }
  return decoded(out.join(''))
    .split('\n')
    .map((line) => line.replace(/[ \t\r\f]+/g, ' ').trim())
    .filter((line, index, lines) => line !== '' || lines[index - 1] !== '')
    .join('\n')
    .trim()
}

function afterTag(lower: string, open: number, out: string[]): number {
  if (lower.startsWith('<!--', open)) return after(lower, '-->', open + 4)
  const name = /^\/?([a-z][a-z0-9]*)/.exec(lower.slice(open + 1, open + 32))
  if (!name) {
    out.push(lower.charAt(open))
    return open + 1
  }
  const end = after(lower, '>', open + 1)
  const [tag = '', element = ''] = name
  if (BREAKS.has(element)) out.push('\n')
  // What is never closed hides the rest, as in a browser.
  return UNSEEN.has(element) && !tag.startsWith('/') ? after(lower, '>', after(lower, `</${element}`, end)) : end
}

function after(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from)
  return at < 0 ? text.length : at + what.length
}

function decoded(text: string): string {
  return text.replace(/&(#?\w{1,8});/g, (entity, name: string) => ENTITIES[name] ?? entity)
}
