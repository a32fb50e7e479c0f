// `documents`: files that are read, asked about, and quoted from.
import { z } from 'zod'
import { maxTokens, Text } from './call.js'
import { common } from './common.js'

export const DocumentsInput = z.strictObject({
  /** Files, directories or globs on the worker's machine: text, Markdown, PDF, images. */
  files: z.array(z.string().min(1)).min(1, 'is empty: wanted at least one file or glob'),
  /** Without one: key points of each document and a synthesis. */
  questions: z.array(Text).min(1, 'is empty: wanted at least one question, or no list').max(50).optional(),
  model: z.string().optional(),
  maxTokens: maxTokens.optional(),
  ...common,
})
/** `files`: paths or globs, seen from the worker. Without questions: key points and a synthesis. */
export type DocumentsInput = z.input<typeof DocumentsInput>

const citations = z.array(
  z.object({
    quote: z.string().describe('copied word for word from the document, one passage of at most 300 characters'),
    place: z.int().describe('the number before the quoted line; in a PDF its page, from 1; 0 in an image'),
  }),
)

/** How a reader answers a question. */
export const DocumentAnswer = z.object({
  answered: z.boolean().describe('false when the document says nothing about the question'),
  answer: z.string().describe('Markdown, without headings'),
  citations,
})
export type DocumentAnswer = z.infer<typeof DocumentAnswer>

/** What a reader takes from a document when nothing is asked. */
export const DocumentPoints = z.object({
  points: z.array(z.string()).describe('key points, the most important first, a sentence or two each'),
  citations,
})
export type DocumentPoints = z.infer<typeof DocumentPoints>
