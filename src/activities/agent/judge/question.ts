// What a person is shown before a tool runs: exactly its arguments, with nothing in them that hides or pretends.
import type { ToolQuestion } from '../../../contracts/agent.js'
import type { Root } from '../../../contracts/refs.js'
import { visibleJson, visibleLine } from '../../../contracts/visible.js'
import { expiryOf } from '../../../permissions/decide.js'
import type { Use } from '../../../permissions/match.js'
import type { PinnedTool } from '../definition/definitions.js'
import type { StoredAgent } from '../definition/stored-agent.js'
import type { JudgeDeps } from '../deps.js'

const SHOWN_BYTES = 4096
const NOTICE_CHARACTERS = 1500

export type Asking = { root: Root; stored: StoredAgent; input: unknown; use: Use; changed: PinnedTool | undefined }

export async function questionOf({ store }: JudgeDeps, asking: Asking): Promise<ToolQuestion> {
  const { root, stored, input, use, changed } = asking
  const json = visibleJson(input)
  const expiry = expiryOf(
    stored.permissions.map(({ rules }) => rules),
    use,
  )
  const long = Buffer.byteLength(json) > SHOWN_BYTES
  return {
    arguments: long ? `${cut(json, SHOWN_BYTES - 4)}…` : json,
    ...(long && { whole: await store.put(root, json) }),
    ...(changed && { notice: noticeOf(stored, changed) }),
    ...(stored.approvers && { approvers: stored.approvers }),
    ...(expiry && { expiry }),
  }
}

/** At most so many bytes, no character cut. */
function cut(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes)).replace(/\ufffd+$/, '')
}

function noticeOf(stored: StoredAgent, now: PinnedTool): string {
  const before = stored.tools.find(({ name }) => name === now.name)
  const fields = (['description', 'input_schema', 'permission', 'effect'] as const).filter(
    (field) => JSON.stringify(before?.[field]) !== JSON.stringify(now[field]),
  )
  const news = fields.map((field) => `${field}: ${JSON.stringify(before?.[field])} → ${JSON.stringify(now[field])}`)
  const notice = visibleLine(`${now.name} changed since this agent started; ${news.join('; ')}`)
  return notice.length > NOTICE_CHARACTERS ? `${notice.slice(0, NOTICE_CHARACTERS)}…` : notice
}
