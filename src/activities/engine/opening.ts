// How a turn's session begins: new with the message, as a branch of the turn before, or, where this turn was begun
// already, resumed with what became of the tools it had asked for.
import type { ToolResult } from '../../contracts/agent.js'
import type { Chunk, ContentBlock } from '../../contracts/conversation.js'
import type { EngineRequest, ModelCall } from '../../contracts/engine.js'
import type { StoredAgent } from '../agent/definition/stored-agent.js'
import type { ActivityDeps } from '../deps.js'
import { conversationAt } from '../thread/chunks.js'
import { messagesOf, toBlocks, wordsBefore } from '../thread/messages.js'
import { readContents, toolUses } from '../thread/results.js'
import type { Exchange } from './exchange.js'
import type { SdkOptions } from './sdk.js'
import { hasSession, type SessionNote, type SessionPlace } from './session.js'
import { judgeStep } from './tool-calls.js'
import { resumed, saidBefore, type Use } from './words.js'

export type Opening = {
  session: Pick<SdkOptions, 'sessionId' | 'resume' | 'forkSession'>
  /** What the program is told first. */
  content: ContentBlock[]
  /** What of it stands before the message, for the thread's own record. */
  before: ContentBlock[]
  /** What it says of tools of the step before. */
  results: ToolResult[]
}

type Opens = {
  request: EngineRequest
  stored: StoredAgent
  note: SessionNote
  place: SessionPlace
  exchange: Exchange
}

export async function openingOf(deps: ActivityDeps, opens: Opens): Promise<Opening> {
  const { request, note, place } = opens
  if (note.head !== undefined) return goingOn(deps, opens, note.head)
  const conversation = await conversationAt(deps, request)
  const before = wordsBefore(conversation, messagesOf(conversation), request.message)
  const told = request.context === undefined ? [] : [{ type: 'text', text: request.context }]
  const content = [...before, ...told, ...toBlocks(request.message)]
  const earlier = conversation.chunks.findLast(({ status }) => status !== 'error')?.session
  if (earlier !== undefined && hasSession(place, earlier)) {
    const session = { resume: earlier, forkSession: true, sessionId: note.session }
    return { session, content, before, results: [] }
  }
  const session = { sessionId: note.session }
  return { session, content: [...saidBefore(conversation), ...content], before, results: [] }
}

/** After a crash, or when people have answered. */
async function goingOn(deps: ActivityDeps, opens: Opens, head: string): Promise<Opening> {
  const { request, note, place } = opens
  const uses = await openUses(deps, opens, head)
  const results = uses.map(({ result }) => result)
  const words = resumed(uses, await readContents(deps, results))
  if (hasSession(place, note.session)) return { session: { resume: note.session }, content: words, before: [], results }
  // Another machine had it: told as text, in a session of this one.
  const conversation = await conversationAt(deps, { ...request, head })
  const session = { sessionId: note.session }
  return { session, content: [...saidBefore(conversation), ...words], before: [], results }
}

const UNKNOWN: ModelCall = { number: 0, model: 'unknown', inputTokens: 0, outputTokens: 0, usd: null }

/** Tools of the newest step that the model has heard nothing of: the workflow has run them, or still does. */
async function openUses(deps: ActivityDeps, { request, stored, note, exchange }: Opens, head: string): Promise<Use[]> {
  const { answer = [], stopReason } = await deps.requests.json<Chunk>(head)
  const uses = stopReason === 'tool_use' ? toolUses(answer) : []
  const open = uses.filter(({ id }) => !note.told.includes(String(id)))
  if (open.length === 0) return []
  const number = note.steps
  const ids = open.map(({ id }) => String(id))
  exchange.hand({
    ...{ step: request.step, number, chunk: head, call: note.last ?? UNKNOWN, ids },
    judge: () => judgeStep(deps, { request, stored }, number, open),
  })
  return Promise.all(
    open.map(async ({ id, name }) => ({ name: String(name), result: await exchange.ended(String(id)) })),
  )
}
