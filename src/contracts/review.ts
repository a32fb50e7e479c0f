// The steps of a review that follow its experts, as they cross to activities and back.
import type { Finding, ItemResult, ItemStatus, ModelServer } from './outcome.js'
import type { Ref, Root, Text } from './refs.js'
import type { Usd } from './usage.js'

export type ConsolidateRequest = { root: Root; files: Ref; items: Pick<ItemResult, 'id' | 'status' | 'text'>[] }

/** `findings`: all of them, stored. `summary`: the stored request for the summary call. */
export type Consolidated = {
  findings: Ref
  count: number
  summary: { page: Ref; index: number; model: string; worstUsd?: Usd }
}

export type ReportRequest = {
  root: Root
  files: Ref
  findings: Ref
  title: string
  server: ModelServer
  items: { id: string; status: ItemStatus; note?: string; usd: Usd }[]
  summary?: Text
  inlineBytes: number
}

/** `findings`: at most 500, the most severe first; the report has them all. */
export type Report = { report: Text; findings: Finding[] }
