// `documents`: files that are read, asked about, and quoted from.
import { z } from 'zod'
import { maxTokens, Text } from './call.js'
import { common } from './common.js'

export const DocumentsInput = z.strictObject({
  /** Files or globs on the worker's machine: text, Markdown, PDF, images. */
  files: z.array(z.string().min(1)).min(1, 'is empty: wanted at least one file or glob'),
  /** Without one: key points of each document and a synthesis. */
  questions: z.array(Text).min(1, 'is empty: wanted at least one question, or no list').max(50).optional(),
  model: z.string().optional(),
  maxTokens: maxTokens.optional(),
  ...common,
})
export type DocumentsInput = z.input<typeof DocumentsInput>
