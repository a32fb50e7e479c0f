// Images and PDFs in a request: what they count as in tokens, which is not the length of their base64, and what is
// written in a PDF.

import { constants, inflateSync } from 'node:zlib'
import type { ContentBlockParam } from '@anthropic-ai/sdk/resources/messages'
import { extractText, getDocumentProxy } from 'unpdf'
import { blocksOf, type MessagesRequest } from './request.js'

const IMAGE_TOKENS = 1600
/** A page is read as text and as a picture. */
const PAGE_TOKENS = 2000

/** Undefined for a block whose text says how much it is. */
export function mediaTokens(block: { type?: unknown }): number | undefined {
  const data = base64Of(block)
  if (data === undefined) return undefined
  if (block.type === 'image') return IMAGE_TOKENS
  return PAGE_TOKENS * Math.max(1, pageCount(Buffer.from(data, 'base64')))
}

/** Counts what says that it is a page, also where a writer has packed its objects. */
function pageCount(pdf: Buffer): number {
  const text = pdf.toString('latin1')
  const packed = Array.from(text.matchAll(/\/Type\s*\/ObjStm\b.{0,200}?stream\r?\n/gs), ({ 0: head, index }) => {
    const from = index + head.length
    return unpacked(pdf.subarray(from, Math.max(from, text.indexOf('endstream', from))))
  })
  return [text, ...packed].reduce((sum, part) => sum + (part.match(/\/Type\s*\/Page\b/g)?.length ?? 0), 0)
}

function unpacked(bytes: Buffer): string {
  try {
    return inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1')
  } catch {
    // Packed in some other way, or damaged: nothing is seen in it.
    return ''
  }
}

/** The text on each page of each PDF of the last user message, in order; none for one that cannot be read. */
export async function pdfPages(request: MessagesRequest): Promise<string[][]> {
  const last = request.messages.findLast((message) => message.role === 'user')
  const pdfs = blocksOf(last?.content ?? []).filter(({ type }) => type === 'document')
  return Promise.all(pdfs.map((block) => pagesOf(block)))
}

async function pagesOf(block: ContentBlockParam): Promise<string[]> {
  const data = base64Of(block)
  if (data === undefined) return []
  try {
    const pdf = await getDocumentProxy(new Uint8Array(Buffer.from(data, 'base64')), { verbosity: 0 })
    return (await extractText(pdf)).text
  } catch {
    // A simulated reader sees nothing in what is damaged.
    return []
  }
}

function base64Of(block: object): string | undefined {
  const { source } = block as { source?: { type?: unknown; data?: unknown } }
  return source?.type === 'base64' && typeof source.data === 'string' ? source.data : undefined
}
