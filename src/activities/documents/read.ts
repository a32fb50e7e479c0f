// The documents of a run, read where the files are. What cannot be read as text, PDF or image is left out by name,
// because one bad file among many must not stop the rest; when nothing is left, the run is refused with every reason.
import type { LeftOut } from '../../git/list-files.js'
import { InputError } from '../input-error.js'
import { leftOutNames } from '../left-out.js'
import { decodeUtf8, readRegularFile } from '../read-regular-file.js'
import { type Document, formatOf, MOST_IMAGE_BYTES } from './document.js'
import { type Listed, listDocuments } from './list.js'
import { readPdf } from './pdf.js'

const MOST_BYTES = 100_000_000
/** All files together are in memory until they are stored. */
const MOST_BYTES_IN_ALL = 200_000_000
const AT_ONCE = 8

/**
 * Sorted by path.
 * @throws InputError for what `listDocuments` refuses, for more than 200 MB, and when nothing is left to read
 */
export async function readDocuments(
  entries: string[],
  signal?: AbortSignal,
): Promise<{ documents: Document[]; leftOut: LeftOut[] }> {
  const listed = await listDocuments(entries)
  const documents: Document[] = []
  const leftOut: LeftOut[] = []
  let bytes = 0
  for (let start = 0; start < listed.length; start += AT_ONCE) {
    signal?.throwIfAborted()
    for (const read of await Promise.all(listed.slice(start, start + AT_ONCE).map((one) => readOne(one, signal)))) {
      if ('reason' in read) leftOut.push(read)
      else documents.push(read)
      if ('kind' in read) bytes += read.kind === 'text' ? Buffer.byteLength(read.text) : read.bytes.length
    }
    if (bytes > MOST_BYTES_IN_ALL)
      throw new InputError(
        `files: the first ${documents.length} of ${listed.length} are ${megabytes(bytes)}; ` +
          `wanted at most ${megabytes(MOST_BYTES_IN_ALL)} in one run`,
      )
  }
  if (documents.length > 0) return { documents, leftOut }
  throw new InputError(
    `files: nothing to read in ${entries.join(', ')}: ${leftOutNames(leftOut)}; wanted text, Markdown, PDF or images`,
  )
}

async function readOne({ path, shown }: Listed, signal?: AbortSignal): Promise<Document | LeftOut> {
  const { bytes, reason } = await readRegularFile(path, (size) =>
    size > MOST_BYTES ? `larger than ${megabytes(MOST_BYTES)} (${megabytes(size)})` : undefined,
  )
  if (reason !== undefined) return { path: shown, reason }
  try {
    return { path: shown, ...(await understood(path, bytes, signal)) }
  } catch (error) {
    if (error instanceof InputError) return { path: shown, reason: error.message }
    throw error
  }
}

type Content<D = Document> = D extends Document ? Omit<D, 'path'> : never

/** @throws InputError with the reason why it is not read */
async function understood(path: string, bytes: Buffer, signal?: AbortSignal): Promise<Content> {
  if (bytes.length === 0) throw new InputError('empty')
  const format = formatOf(path, bytes)
  if (format?.kind === 'pdf') return { kind: 'pdf', bytes, ...(await readPdf(bytes, signal)) }
  if (format) {
    if (bytes.length > MOST_IMAGE_BYTES)
      throw new InputError(
        `an image of ${megabytes(bytes.length)}, the API takes at most ${megabytes(MOST_IMAGE_BYTES)}`,
      )
    return { kind: 'image', bytes, type: format.type }
  }
  const text = decodeUtf8(bytes)
  if (text === undefined) throw new InputError('not text: not valid UTF-8')
  if (text.includes('\0')) throw new InputError('not text: it holds NUL bytes')
  if (text.trim() === '') throw new InputError('empty: nothing but white space')
  return { kind: 'text', text }
}

const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`
