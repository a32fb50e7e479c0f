// One model call of a turn. It is given two hashes and the message, and stores what the turn added as a new chunk; the
// journal keeps the chunk's name, so the conversation is written once.
import type { Chunk, TurnOutcome, TurnRequest } from '../../contracts/thread.js'
import { type KeptTurn, readAnswer } from '../call/answer.js'
import type { CallDeps } from '../call/deps.js'
import { sameServer, throughJournal } from '../call/through-journal.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { conversationAt, putChunk } from './chunks.js'
import { messagesOf, toBlocks, wordsBefore } from './messages.js'
import type { StoredSettings } from './settings.js'
import { answeredChunk, keepChunk, outcomeOf, unansweredChunk } from './turn-chunk.js'
import { buildTurn } from './turn-request.js'

export function createAnswerTurn(deps: CallDeps) {
  return async function answerTurn(request: TurnRequest): Promise<TurnOutcome> {
    await sameServer(deps.claude, request.server)
    return readableStorageErrors(() => answer(deps, request))
  }
}

async function answer(deps: CallDeps, request: TurnRequest): Promise<TurnOutcome> {
  const { head, condensed, message, cacheHistory, server } = request
  const settings = await deps.requests.json<StoredSettings>(request.settings)
  const conversation = await conversationAt(deps, request)
  const earlier = messagesOf(conversation)
  const before = wordsBefore(conversation, earlier, message)
  const asked = await throughJournal<KeptTurn>(deps, {
    request,
    item: `turn ${request.turn}`,
    turn: request.turn,
    model: settings.model,
    // Hashes and the new message say it all: digesting the conversation would cost more with every turn.
    digest: digestOf([request.settings, head ?? null, condensed ?? null, message, cacheHistory, server]),
    build() {
      const content = [...before, ...toBlocks(message)]
      return buildTurn({ settings, messages: [...earlier, { role: 'user', content }], cacheHistory })
    },
    read: ({ refusal, ...end }) =>
      readAnswer(end, { wantsOutput: false, maxTokens: settings.maxTokens, ...(refusal && { refusal }) }),
    keep: (given, attempts) => keepChunk(deps, request, answeredChunk(request, before, given, attempts)),
    isKept: (kept): kept is KeptTurn => 'chunk' in kept || 'unstored' in kept,
  })
  const { attempts } = asked
  if (asked.kind === 'interrupted') {
    const chunk = unansweredChunk(request, before, { status: 'interrupted', partial: asked.partial }, attempts)
    return outcomeOf(deps, request, await putChunk(deps, request.root, chunk), chunk, attempts)
  }
  const { kept } = asked
  if ('chunk' in kept)
    return outcomeOf(deps, request, kept.chunk, await deps.requests.json<Chunk>(kept.chunk), attempts)
  return outcomeOf(deps, request, await putChunk(deps, request.root, kept.unstored), kept.unstored, attempts)
}
