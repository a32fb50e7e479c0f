// The files as the experts read them: one text that all of them share, so that the prompt cache pays for it once. Every
// line carries its number and a tab. That makes places exact, and it is what keeps the frame whole: a line that starts
// with `<` is always ours, whatever a file contains.
import { escapePath } from '../escape-path.js'
import { InputError } from '../input-error.js'
import { splitLines } from '../lines.js'
import { mostThatFit } from '../most-that-fit.js'
import type { ReviewFile } from './read.js'

const INTRODUCTION =
  'The files under review. Each line starts with its number and a tab, which are not part of the file.'

/** The shared text, the same for the same files in any order. */
export function sharedText(files: ReviewFile[]): string {
  return [INTRODUCTION, ...[...files].sort(byPlace).map(block)].join('\n')
}

/**
 * Groups in the order of their paths, each of at most `maxTokens` by `estimate`, whose parts must not sum to less than
 * the whole. A file larger than a group is split by lines, its parts numbered as in the file.
 * @throws InputError when a single line is larger than a group
 */
export function pack(files: ReviewFile[], maxTokens: number, estimate: (text: string) => number): ReviewFile[][] {
  const frame = estimate(`${INTRODUCTION}\n`)
  const cost = (file: ReviewFile) => estimate(`${block(file)}\n`)
  const groups: ReviewFile[][] = []
  let used = Number.POSITIVE_INFINITY
  for (const part of [...files].sort(byPlace).flatMap((file) => split(file, maxTokens - frame, cost))) {
    const tokens = cost(part)
    if (used + tokens > maxTokens) {
      groups.push([])
      used = frame
    }
    groups.at(-1)!.push(part)
    used += tokens
  }
  return groups
}

const byPlace = (a: ReviewFile, b: ReviewFile) =>
  a.path === b.path ? (a.firstLine ?? 1) - (b.firstLine ?? 1) : a.path < b.path ? -1 : 1

function block({ path, text, firstLine = 1 }: ReviewFile): string {
  const lines = splitLines(text).map((line, index) => `${firstLine + index}\t${line}`)
  return [`<file path="${escapePath(path)}">`, ...lines, '</file>'].join('\n')
}

function split(file: ReviewFile, room: number, cost: (file: ReviewFile) => number): ReviewFile[] {
  if (cost(file) <= room) return [file]
  const lines = splitLines(file.text)
  const first = file.firstLine ?? 1
  const part = (from: number, count: number): ReviewFile => {
    // Each line ends, so that an empty one is still a line.
    const text = lines.slice(from, from + count).map((line) => `${line}\n`)
    return { path: file.path, lines: text.length, text: text.join(''), firstLine: first + from }
  }
  const parts: ReviewFile[] = []
  for (let from = 0; from < lines.length; ) {
    const count = mostThatFit(lines.length - from, (some) => cost(part(from, some)) <= room)
    if (count === 0)
      throw new InputError(
        `${file.path}, line ${first + from}, alone is about ${Math.ceil(cost(part(from, 1)))} tokens; ` +
          `wanted at most ${Math.floor(room)}: leave the file out`,
      )
    parts.push(part(from, count))
    from += count
  }
  return parts
}
