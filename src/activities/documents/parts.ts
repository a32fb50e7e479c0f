// What a reader gets of a document in one call: all of it, or a part that fits. A PDF goes as it is, so that its tables
// and pictures are seen, while a request and a context take it; a larger one goes as the text on its pages.
import { findModel } from '../../agents/models.js'
import type { LeftOut } from '../../git/list-files.js'
import type { Block } from '../call/request.js'
import { escapePath } from '../escape-path.js'
import { splitLines } from '../lines.js'
import { type Document, MOST_PDF_BYTES } from './document.js'
import { estimate, type Line, linesShown, split } from './split.js'

/** `blocks`: for the head of a message. `tokens`: by estimate. `where`: which lines or pages; empty for all. */
export type Part = { path: string; where: string; blocks: Block[]; tokens: number }

/** Tokens of text in a part: readers overlook less in less, and prompts up to 100,000 tokens may have a lower price. */
const PART_TOKENS = 80_000
/** Share of a model's context a document may fill: the rest is for the question and the answer. */
const CONTEXT_SHARE = 0.6
/** A page is read as its text and as a picture. */
const PAGE_TOKENS = 2500
const IMAGE_TOKENS = 2000

/** Why a document cannot be sent, or its parts; `note` for people when it is not sent as it is. */
export type Parted = { parts: Part[]; note?: string } | LeftOut

export function partsOf(document: Document, model: string): Parted {
  const context = findModel(model)?.contextTokens ?? 200_000
  const room = Math.min(PART_TOKENS, context * CONTEXT_SHARE)
  const { path } = document
  switch (document.kind) {
    case 'text': {
      const lines = splitLines(document.text).map((text, index) => ({ number: index + 1, text }))
      return { parts: textParts(path, 'lines', lines, room) }
    }
    case 'image':
      return { parts: [imagePart(path, document)] }
    case 'pdf': {
      const unfit = whyNotWhole(document, context)
      if (unfit === undefined) return { parts: [pdfPart(path, document)] }
      const lines = document.pages.flatMap(linesOfPage)
      if (lines.length === 0) return { path, reason: `${unfit}, and it has no text that could be read instead` }
      return { parts: textParts(path, 'pages', lines, room), note: `${path} is read as text alone: ${unfit}` }
    }
  }
}

/** The API's limits: 32 MB a request, 600 pages, 100 where the context is small, nothing encrypted. */
function whyNotWhole({ bytes, pages, open }: Document & { kind: 'pdf' }, context: number): string | undefined {
  const most = Math.min(context > 200_000 ? 600 : 100, Math.floor((context * CONTEXT_SHARE) / PAGE_TOKENS))
  if (!open) return 'it is encrypted'
  if (pages.length > most) return `it has ${pages.length} pages, a request takes ${most}`
  const size = (bytes.length / 1_000_000).toFixed(1)
  return bytes.length > MOST_PDF_BYTES ? `its ${size} MB are more than a request of 32 MB takes` : undefined
}

function textParts(path: string, unit: 'lines' | 'pages', lines: Line[], room: number): Part[] {
  const parts = split(lines, room)
  const last = lines.at(-1)?.number ?? 0
  return parts.map((part) => {
    const range = `${part[0]?.number}-${part.at(-1)?.number}`
    const text = `<document path="${escapePath(path)}" ${unit}="${range} of ${last}">\n${linesShown(part)}\n</document>`
    const where = parts.length === 1 ? '' : unit === 'lines' ? range : `p${range}`
    return { path, where, blocks: [{ type: 'text', text }], tokens: estimate(text) }
  })
}

function linesOfPage(page: string, index: number): Line[] {
  if (page.trim() === '') return []
  return splitLines(page).map((text, line) => ({ number: index + 1, text, page: line === 0 }))
}

function pdfPart(path: string, { bytes, pages }: Document & { kind: 'pdf' }): Part {
  const tag = `<document path="${escapePath(path)}" pages="${pages.length}" />`
  const source = { type: 'base64', media_type: 'application/pdf', data: bytes.toString('base64') }
  const blocks = [
    { type: 'text', text: tag },
    { type: 'document', source },
  ]
  return { path, where: '', blocks, tokens: PAGE_TOKENS * pages.length }
}

function imagePart(path: string, { bytes, type }: Document & { kind: 'image' }): Part {
  const tag = `<document path="${escapePath(path)}" image="1" />`
  const source = { type: 'base64', media_type: type, data: bytes.toString('base64') }
  return {
    path,
    where: '',
    blocks: [
      { type: 'text', text: tag },
      { type: 'image', source },
    ],
    tokens: IMAGE_TOKENS,
  }
}
