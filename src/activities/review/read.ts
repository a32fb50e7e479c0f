// The files of a review as text. What is no text, or too much of it, is left out by name, because one picture in a
// directory must not stop its review; a file someone named himself is refused instead, because nobody would notice.
import { type LeftOut, type ListedFile, listFiles, PathError } from '../../git/list-files.js'
import { InputError } from '../input-error.js'
import { leftOutNames } from '../left-out.js'
import { splitLines } from '../lines.js'
import { decodeUtf8, readRegularFile } from '../read-regular-file.js'

/** `firstLine`: number of the first line of `text` when it is a part of a file; `lines` counts those in `text`. */
export type ReviewFile = {
  /** Where it is, absolute; absent: given as text. */
  at?: string
  path: string
  lines: number
  text: string
  firstLine?: number
}

const MOST_BYTES = 1_000_000
/** All files together: some 15 million tokens for each expert; more is a mistake. */
const MOST_BYTES_IN_ALL = 50_000_000
/** Characters; longer lines are generated, and a single one could be too much for a context. */
const LONGEST_LINE = 50_000
const AT_ONCE = 16

/**
 * Reads `paths` (files, directories), or takes `files` as given; sorted by path.
 * @throws InputError for a path that does not exist or is named itself and is no text, and when nothing is left
 */
export async function readReviewFiles(
  input: { paths?: string[]; files?: { path: string; text: string }[] },
  signal?: AbortSignal,
): Promise<{ files: ReviewFile[]; leftOut: LeftOut[] }> {
  const { files, leftOut } = input.paths ? await readPaths(input.paths, signal) : takeGiven(input.files ?? [])
  if (files.length === 0) throw new InputError(nothingLeft(input.paths ?? ['the files given'], leftOut))
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  return { files: files.sort(byPath), leftOut: leftOut.sort(byPath) }
}

function nothingLeft(where: string[], leftOut: LeftOut[]): string {
  return `nothing to review in ${where.join(', ')}: ${leftOutNames(leftOut) || 'no files'}; wanted at least one text file`
}

function takeGiven(given: { path: string; text: string }[]): { files: ReviewFile[]; leftOut: LeftOut[] } {
  const files: ReviewFile[] = []
  const leftOut: LeftOut[] = []
  const paths = new Set<string>()
  for (const { path, text } of given) {
    if (/\p{Cs}/u.test(path)) throw new InputError(`files: the path ${JSON.stringify(path)} is not valid Unicode`)
    if (paths.has(path)) throw new InputError(`files: "${path}" is given twice; wanted each path once`)
    paths.add(path)
    const reason = /\p{Cs}/u.test(text) ? 'not text: invalid Unicode' : unfit(text)
    if (reason === undefined) files.push({ path, lines: splitLines(text).length, text })
    else if (text === '') leftOut.push({ path, reason })
    else throw new InputError(`files: ${path} cannot be reviewed: ${reason}`)
  }
  return { files, leftOut }
}

async function readPaths(paths: string[], signal?: AbortSignal) {
  const listed = await listFiles(paths, signal).catch((error: unknown) => {
    throw error instanceof PathError ? new InputError(error.message, { cause: error }) : error
  })
  const files: ReviewFile[] = []
  const leftOut = [...listed.leftOut]
  let bytes = 0
  for (let start = 0; start < listed.files.length; start += AT_ONCE) {
    signal?.throwIfAborted()
    const batch = await Promise.all(listed.files.slice(start, start + AT_ONCE).map(readOne))
    for (const { file, text, reason } of batch) {
      if (text !== undefined) files.push({ path: file.shown, at: file.path, lines: splitLines(text).length, text })
      else if (file.named && reason !== EMPTY) throw new InputError(`${file.shown} cannot be reviewed: ${reason}`)
      else leftOut.push({ path: file.shown, reason })
      bytes += text === undefined ? 0 : Buffer.byteLength(text)
    }
    if (bytes > MOST_BYTES_IN_ALL)
      throw new InputError(
        `${paths.join(', ')}: ${listed.files.length} files, the first ${files.length} of them ${megabytes(bytes)}; ` +
          `wanted at most ${megabytes(MOST_BYTES_IN_ALL)} in all: name fewer paths`,
      )
  }
  return { files, leftOut }
}

type Read = { file: ListedFile; text: string; reason?: never } | { file: ListedFile; text?: never; reason: string }

async function readOne(file: ListedFile): Promise<Read> {
  const { bytes, reason: unread } = await readRegularFile(file.path, (size) =>
    size > MOST_BYTES ? tooLarge(size) : undefined,
  )
  if (unread !== undefined) return { file, reason: unread }
  const text = decodeUtf8(bytes)
  if (text === undefined) return { file, reason: 'not text: not valid UTF-8' }
  const reason = unfit(text)
  return reason === undefined ? { file, text } : { file, reason }
}

const EMPTY = 'empty'

/** Why a text is not reviewed; undefined when it can be. */
function unfit(text: string): string | undefined {
  if (text === '') return EMPTY
  if (text.includes('\0')) return 'not text: it holds NUL bytes'
  const bytes = Buffer.byteLength(text)
  if (bytes > MOST_BYTES) return tooLarge(bytes)
  const longest = splitLines(text).reduce((most, line) => Math.max(most, line.length), 0)
  return longest > LONGEST_LINE ? `a line of ${longest} characters, at most ${LONGEST_LINE} are read` : undefined
}

const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`
const tooLarge = (bytes: number) => `larger than 1 MB (${megabytes(bytes)})`
