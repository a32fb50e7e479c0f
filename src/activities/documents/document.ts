// A file as it is read: what it is shows in its bytes, not in its name.
import { InputError } from '../input-error.js'

export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'

export type Document = { path: string } & (
  | { kind: 'text'; text: string }
  /** `pages`: their text, empty for one that has none. `open`: nothing about it is encrypted. */
  | { kind: 'pdf'; bytes: Buffer; pages: string[]; open: boolean }
  | { kind: 'image'; bytes: Buffer; type: ImageType }
)

/** The API takes 32 MB a request; base64 makes 4 bytes of 3, and instructions and question want room. */
export const MOST_PDF_BYTES = 23_000_000

/** The API counts an image's base64: 5 MiB of it. */
export const MOST_IMAGE_BYTES = (5 * 1024 * 1024 * 3) / 4

/** The format a file has, or claims in its name. */
export function formatOf(name: string, head: Buffer): { kind: 'pdf' } | { kind: 'image'; type: ImageType } | undefined {
  // Readers of PDF look for its mark within the first kilobyte.
  if (head.subarray(0, 1024).includes('%PDF-')) return { kind: 'pdf' }
  const type = imageType(head)
  if (type) return { kind: 'image', type }
  const claimed = /\.(pdf|png|jpe?g|gif|webp)$/i.exec(name)?.[1]?.toLowerCase()
  if (claimed === undefined) return undefined
  throw new InputError(
    `damaged, or no ${claimed === 'pdf' ? 'PDF' : `${claimed} image`} at all: it begins as none does`,
  )
}

function imageType(head: Buffer): ImageType | undefined {
  const begins = (at: number, bytes: string) =>
    head.subarray(at, at + bytes.length).equals(Buffer.from(bytes, 'latin1'))
  if (begins(0, '\x89PNG\r\n\x1a\n')) return 'image/png'
  if (begins(0, '\xff\xd8\xff')) return 'image/jpeg'
  if (begins(0, 'GIF87a') || begins(0, 'GIF89a')) return 'image/gif'
  return begins(0, 'RIFF') && begins(8, 'WEBP') ? 'image/webp' : undefined
}
