// One model call of a turn. It is given two hashes and the message, and stores what the turn added as a new chunk; the
// journal keeps the chunk's name, so the conversation is written once. Of an agent it is one step: the tools it asks for
// are judged here, run elsewhere, and come back with the next step.

import type { Chunk, ContentBlock } from '../../contracts/conversation.js'
import type { Ref } from '../../contracts/refs.js'
import type { TurnOutcome, TurnRequest } from '../../contracts/turn.js'
import type { Attempt } from '../../storage/journal.js'
import { type KeptTurn, readAnswer } from '../call/answer.js'
import { sameServer, throughJournal } from '../call/through-journal.js'
import type { ActivityDeps } from '../deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { type Conversation, conversationAt, putChunk } from './chunks.js'
import { goesOn } from './goes-on.js'
import { messagesOf, toBlocks, wordsBefore, wordsOfStep } from './messages.js'
import { adopt, completeResults, readContents, resultBlock } from './results.js'
import type { StoredSettings } from './settings.js'
import { agentOf, type TurnAgent } from './turn-agent.js'
import { answeredChunk, keepChunk, outcomeOf, type Put, unansweredChunk } from './turn-chunk.js'
import { buildTurn } from './turn-request.js'

export function createAnswerTurn(deps: ActivityDeps) {
  return async function answerTurn(request: TurnRequest): Promise<TurnOutcome> {
    await sameServer(deps.claude, request.server)
    return readableStorageErrors(() => answer(deps, request))
  }
}

async function answer(deps: ActivityDeps, request: TurnRequest): Promise<TurnOutcome> {
  const { head, condensed, message, cacheHistory, server, agent: ref, context } = request
  const settings = await deps.requests.json<StoredSettings>(request.settings)
  const agent = await agentOf(deps, ref)
  const conversation = await conversationAt(deps, request)
  const earlier = messagesOf(conversation)
  const put = await putBefore(deps, request, conversation)
  const last = conversation.chunks.at(-1)
  const asked = await throughJournal<KeptTurn>(deps, {
    request,
    item: `turn ${request.turn}`,
    turn: request.turn,
    ...(request.stepNumber !== undefined && { stepNumber: request.stepNumber }),
    model: settings.model,
    // Hashes and the new message say it all: digesting the conversation would cost more with every turn.
    digest: digestOf([
      ...[request.settings, head ?? null, condensed ?? null, message, cacheHistory, server],
      ...(ref === undefined ? [] : [ref, put.results ?? null, context ?? null]),
    ]),
    build() {
      const results = (put.results ?? []).map((result) => resultBlock(result, conversation.contents))
      const content = [...results, ...put.before, ...toBlocks(message)]
      return buildTurn({ settings, messages: [...earlier, { role: 'user', content }], cacheHistory, ...agent?.asks })
    },
    read({ refusal, ...end }) {
      const schema = goesOn(request, end, last) ? undefined : agent?.output
      return readAnswer(end, {
        wantsOutput: schema !== undefined,
        ...(schema && { schema }),
        runsTools: agent !== undefined,
        maxTokens: settings.maxTokens,
        ...(refusal && { refusal }),
      })
    },
    keep: (given, attempts) => keepChunk(deps, request, answeredChunk(request, put, given, attempts, last)),
    isKept: (kept): kept is KeptTurn => 'chunk' in kept || 'unstored' in kept,
  })
  const { attempts } = asked
  if (asked.kind === 'interrupted') {
    const chunk = unansweredChunk(request, put, { status: 'interrupted', partial: asked.partial }, attempts)
    return outcomeOf(deps, request, await putChunk(deps, request.root, chunk), chunk, attempts)
  }
  const { kept } = asked
  const chunk = 'chunk' in kept ? await deps.requests.json<Chunk>(kept.chunk) : kept.unstored
  const at = 'chunk' in kept ? kept.chunk : await putChunk(deps, request.root, chunk)
  return answered(deps, request, { agent, at, chunk, attempts })
}

type Kept = { agent: TurnAgent | undefined; at: Ref; chunk: Chunk; attempts: Attempt[] }

async function answered(deps: ActivityDeps, request: TurnRequest, kept: Kept): Promise<TurnOutcome> {
  const { agent, at, chunk, attempts } = kept
  const outcome = await outcomeOf(deps, request, at, chunk, attempts, agent)
  if (!agent || chunk.stopReason !== 'tool_use' || !chunk.goesOn || request.judging === 'activity') return outcome
  return { ...outcome, calls: await agent.judge(request, chunk) }
}

/** What stands before the message: results of the step before, or words about the turn before. */
async function putBefore(deps: ActivityDeps, request: TurnRequest, conversation: Conversation): Promise<Put> {
  const { root, stepNumber = 1, message, context } = request
  const told: ContentBlock[] = context === undefined ? [] : [{ type: 'text', text: context }]
  if (stepNumber === 1) return { before: [...wordsBefore(conversation, messagesOf(conversation), message), ...told] }
  await adopt(deps, root, request.results ?? [])
  const results = completeResults(conversation.chunks.at(-1), request.results)
  await readContents(deps, results, conversation.contents)
  return { results, before: [...wordsOfStep(conversation), ...told] }
}
