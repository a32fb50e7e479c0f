// The audit of a session: everything an agent was told, asked, allowed and did, numbered by the workflow, appended and
// linked by an activity. Entries carry facts, lengths and hashes, never a secret.
import type { Root } from './refs.js'

export type AuditEvent = {
  /** ISO, workflow time. */
  at: string
  agent: string
  turn?: number
  step?: number
} & AuditBody

/** What happened, without when and to whom. */
export type AuditBody =
  | { type: 'session_start'; definition: string; tools: string[]; mode: string }
  | { type: 'prompt'; characters: number; digest?: string; by?: string }
  | { type: 'call'; model: string; status: string; inputTokens: number; outputTokens: number; usd: number | null }
  | { type: 'permission'; tool: string; id: string; digest: string; verdict: string; by: string; summary: string }
  | { type: 'approval_requested'; approval: string; title: string; digest: string }
  | {
      type: 'approval'
      approval: string
      digest: string
      kind: string
      by: string
      note?: string
      edited?: boolean
      /** Of several that were offered. */
      only?: string[]
    }
  | { type: 'refused'; message: string; reason: string }
  | {
      type: 'tool'
      tool: string
      id: string
      digest: string
      effect: string
      outcome: string
      isError: boolean
      bytes: number
      ms: number
    }
  | { type: 'budget'; spentUsd: number; capUsd: number; event: string }
  | { type: 'child'; run: string; name: string; status: string }
  | { type: 'session_end'; status: string; usd: number | null }

/** `from`: the number of the first entry, from 1; entries that are there already are left as they are. */
export type AppendAuditRequest = { root: Root; session: string; from: number; events: AuditEvent[] }
/** `head`: hash of the last entry. */
export type AuditHead = { entries: number; head: string }
