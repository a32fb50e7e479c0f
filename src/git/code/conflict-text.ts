// A conflict as a person reads it: what git says of it, and the places in the files, short enough for a question.
import { git } from './git.js'
import { type Name, shown } from './names.js'
import type { Objects } from './objects.js'

const MOST_BYTES = 8_000
const MOST_FILES = 20
/** Lines around a conflict. */
const AROUND = 3

/** At most 8 kB. */
export async function conflictText(
  objects: Objects,
  { tree, names, messages }: { tree: string; names: Set<Name>; messages: string[] },
  signal?: AbortSignal,
): Promise<string> {
  const { stdout } = await git(objects, ['ls-tree', '-r', '-z', '--end-of-options', tree], { signal })
  const files = stdout.split('\0').flatMap((line) => {
    const [, id = '', name = ''] = /^100\d+ blob (\w+)\t(.*)$/s.exec(line) ?? []
    return names.has(name) ? [{ id, name }] : []
  })
  const some = files.slice(0, MOST_FILES)
  const texts = await contents(
    objects,
    some.map(({ id }) => id),
    signal,
  )
  const parts = some.flatMap(({ name }, index) => {
    const hunks = hunksOf(texts[index] ?? '')
    return hunks === '' ? [] : [`${shown(name)}:\n${hunks}`]
  })
  return shortened([...messages, ...parts].join('\n\n'))
}

async function contents(objects: Objects, ids: string[], signal?: AbortSignal): Promise<string[]> {
  if (ids.length === 0) return []
  const { stdout } = await git(objects, ['cat-file', '--batch'], { signal, input: ids.map((id) => `${id}\n`).join('') })
  const found: string[] = []
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf('\n', at)
    const size = Number(stdout.slice(at, end).split(' ')[2])
    found.push(shown(stdout.slice(end + 1, end + 1 + size)))
    at = end + 1 + size + 1
  }
  return found
}

/** The lines between markers, with a few around them. */
function hunksOf(text: string): string {
  const lines = text.split('\n')
  const wanted = new Set<number>()
  let inside = false
  lines.forEach((line, at) => {
    const begins = line.startsWith('<<<<<<< ')
    const ends = inside && line.startsWith('>>>>>>> ')
    if (begins) inside = true
    const around = begins || ends ? AROUND : 0
    if (inside) for (let near = at - around; near <= at + around; near++) wanted.add(near)
    if (ends) inside = false
  })
  const chosen = [...wanted].filter((at) => at >= 0 && at < lines.length).sort((a, b) => a - b)
  return chosen
    .flatMap((at, index) => [...(index > 0 && chosen[index - 1] !== at - 1 ? ['…'] : []), labelled(lines[at]!)])
    .join('\n')
}

const labelled = (line: string) =>
  line.replace(/^<{7} [0-9a-f]{40,64}/, '<<<<<<< the branch').replace(/^>{7} [0-9a-f]{40,64}/, '>>>>>>> this work')

function shortened(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= MOST_BYTES) return text
  const cut = bytes
    .subarray(0, MOST_BYTES - 10)
    .toString('utf8')
    .replace(/\ufffd$/, '')
  return `${cut}\n…`
}
