// Near the model's limit the oldest turns become a summary, so that a conversation has no end: the newest turns that
// fit a quarter of the context stay as they are, and the full text of all stays stored.

import type { Chunk, Condensed } from '../../contracts/conversation.js'
import { FAILURE } from '../../contracts/failures.js'
import type { CondenseOutcome, CondenseRequest } from '../../contracts/turn.js'
import { noUsage } from '../../contracts/usage.js'
import { type Answer, isAnswer, readAnswer } from '../call/answer.js'
import { spentBy } from '../call/spent.js'
import { sameServer, throughJournal } from '../call/through-journal.js'
import { estimateTokens } from '../call/usage.js'
import type { ActivityDeps } from '../deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { conversationAt } from './chunks.js'
import { messagesOf, sizeOf, summaryBlock, wordsBefore } from './messages.js'
import type { Contents } from './results.js'
import type { StoredSettings } from './settings.js'
import { agentOf } from './turn-agent.js'
import { buildTurn } from './turn-request.js'

const SUMMARY_TOKENS = 4096
const ASK =
  `Write a summary of our conversation so far. It will stand in place of the messages above when we go on, so keep
what we will need: what I asked for and how I want it, facts, names, numbers, decisions with their reasons, results, and
what is still open. Write only the summary.`.replaceAll('\n', ' ')
/** Of a tool whose result is told after the summary. */
const LATER = 'The result follows after the summary.'

export function createCondense(deps: ActivityDeps) {
  return async function condense(request: CondenseRequest): Promise<CondenseOutcome> {
    await sameServer(deps.claude, request.server)
    return readableStorageErrors(() => summarize(deps, request))
  }
}

async function summarize(deps: ActivityDeps, request: CondenseRequest): Promise<CondenseOutcome> {
  const settings = await deps.requests.json<StoredSettings>(request.settings)
  const agent = await agentOf(deps, request.agent)
  const conversation = await conversationAt(deps, request)
  const { contents } = conversation
  const { oldest, newest } = split(conversation.chunks, contents, settings)
  const last = oldest.at(-1)
  if (!last) return { contextTokens: 0, usage: noUsage(), usd: 0, savedUsd: 0, attempts: 0 }
  const asked = await throughJournal<Answer>(deps, {
    request,
    item: request.label,
    model: settings.model,
    digest: digestOf(['condense', request.settings, request.head ?? null, request.condensed ?? null, request.server]),
    build() {
      const part = { ...conversation, chunks: oldest }
      const messages = messagesOf(part)
      const content = [...wordsBefore(part, messages, ASK, LATER), { type: 'text', text: ASK }]
      const first = messages.length === 0 && part.condensed ? [summaryBlock(part.condensed.text)] : []
      return buildTurn({
        settings,
        messages: [...messages, { role: 'user', content: [...first, ...content] }],
        cacheHistory: 'read',
        maxTokens: SUMMARY_TOKENS,
        ...(agent && { tools: agent.asks.tools, noTools: true }),
      })
    },
    read(end) {
      const reading = readAnswer(end, { wantsOutput: false, maxTokens: SUMMARY_TOKENS })
      if ('failure' in reading || reading.text.trim() !== '') return reading
      return { failure: FAILURE.outputInvalid, message: 'the summary of the conversation is empty' }
    },
    keep: async (answer) => answer,
    isKept: isAnswer,
  })
  const { lost: _, ...spent } = spentBy(request.run, asked.attempts)
  if (asked.kind === 'interrupted') return { contextTokens: 0, ...spent }
  const reading = readAnswer(asked.kept, { wantsOutput: false, maxTokens: SUMMARY_TOKENS })
  if ('failure' in reading) throw new Error(`the journal holds an unusable summary: ${reading.message}`)
  const tokens = estimateTokens(reading.text.length)
  const { turn, step } = last
  // Later steps of the same turn stay as they are.
  const within = newest[0]?.turn === turn && { step: step ?? 1 }
  const condensed: Condensed = { turn, ...within, text: reading.text, tokens }
  const ref = await deps.store.put(request.root, JSON.stringify(condensed))
  const rest = newest.reduce((sum, chunk) => sum + estimateTokens(sizeOf(chunk, contents)), 0)
  const system = estimateTokens(JSON.stringify([settings.system ?? '', agent?.asks.tools ?? '']).length)
  return { condensed: ref, contextTokens: system + tokens + rest, ...spent }
}

/** The newest that fit stay, at least the last one. */
function split(
  chunks: Chunk[],
  contents: Contents,
  { contextTokens, condenseAbove }: StoredSettings,
): { oldest: Chunk[]; newest: Chunk[] } {
  // Well below where condensing begins, or the next turn would condense again.
  const room = Math.min(contextTokens / 4, condenseAbove / 3)
  let from = chunks.length - 1
  let tokens = from < 0 ? 0 : estimateTokens(sizeOf(chunks[from] as Chunk, contents))
  while (from > 0) {
    tokens += estimateTokens(sizeOf(chunks[from - 1] as Chunk, contents))
    if (tokens > room) break
    from--
  }
  return { oldest: chunks.slice(0, Math.max(0, from)), newest: chunks.slice(Math.max(0, from)) }
}
