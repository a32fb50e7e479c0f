// What `documents` comes to, and its steps after the reading, as they cross to activities and back.
import type { ItemResult, ItemStatus, ModelServer, PlannedResult, RunResult } from './outcome.js'
import type { Ref, Root, Text } from './refs.js'
import type { Usd } from './usage.js'

/**
 * A passage an answer rests on. `line` in a text, `page` in a PDF, from 1, where the quote really is if it is there;
 * neither in an image. `verified`: the quote is in the document; null where code cannot tell (an image, a page without
 * text). `question`: the first 200 characters of the question, when there are several.
 */
export type Citation = {
  file: string
  line?: number
  page?: number
  quote: string
  verified: boolean | null
  question?: string
}

/** `answer`: Markdown. `citations`: at most 500, in the order of the questions, files and places. */
export type DocumentsResult = RunResult & { plan?: PlannedResult; answer?: Text; citations?: Citation[] }

export type GatherRequest = { root: Root; files: Ref; items: Pick<ItemResult, 'id' | 'status' | 'text'>[] }

/**
 * `gathered`: answers with their checked citations, stored. `syntheses`: the stored requests of the calls that combine
 * them, one a question, without those of which nothing was answered: those are `silent`.
 */
export type Gathered = {
  gathered: Ref
  syntheses: { id: string; page: Ref; index: number; model: string; worstUsd?: Usd }[]
  silent: string[]
}

export type AnswerRequest = {
  root: Root
  files: Ref
  gathered: Ref
  title: string
  server: ModelServer
  items: { id: string; status: ItemStatus; note?: string }[]
  syntheses: { id: string; text?: Text; note?: string }[]
  inlineBytes: number
}

export type Answered = { answer: Text; citations: Citation[] }
