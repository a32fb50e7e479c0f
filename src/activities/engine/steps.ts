// Each model call of the program becomes a chunk of the thread's chain, as if the built-in engine had made it: what
// people read, forks begin from and a later turn tells is the same, whichever engine it was.
import { priceOf, promptTokens, savedOf } from '../../agents/prices.js'
import type { ToolResult } from '../../contracts/agent.js'
import type { Chunk, ContentBlock } from '../../contracts/conversation.js'
import type { EngineRequest, ModelCall } from '../../contracts/engine.js'
import type { Ref } from '../../contracts/refs.js'
import { addUsage, addUsd, noUsage } from '../../contracts/usage.js'
import type { StoredAgent } from '../agent/definition/stored-agent.js'
import type { CallDeps } from '../call/deps.js'
import { putChunk } from '../thread/chunks.js'
import type { Step } from './reading.js'
import type { SessionNote } from './session.js'
import { ownName } from './tool-servers.js'

export type StepPlace = {
  stored: StoredAgent
  request: EngineRequest
  note: SessionNote
  /** What the tools of the step before gave, in the model's order. */
  results: ToolResult[]
  before: ContentBlock[]
}

/** Blocks as the thread keeps them: our tools by our names, and none of the program's own. */
export function ownBlocks({ tools }: Pick<StoredAgent, 'tools'>, { blocks }: Step): ContentBlock[] {
  return blocks.flatMap((block) => {
    if (block.type !== 'tool_use') return [block]
    const name = ownName(String(block.name))
    return tools.some((tool) => tool.name === name) ? [{ ...block, name }] : []
  })
}

/** Keeps a step that ended and counts it in the note, which is not written here. @returns its chunk. */
export async function keepStep(deps: CallDeps, place: StepPlace, step: Step): Promise<Ref> {
  const { request, note } = place
  const { usage, stopReason } = step
  const goesOn = stopReason === 'tool_use'
  const chunk: Chunk = {
    ...beginning(place),
    status: 'ok',
    answer: ownBlocks(place.stored, step),
    model: step.model,
    ...(stopReason !== undefined && { stopReason }),
    ...(goesOn && { goesOn: true as const }),
    usage,
    usd: priceOf(step.model, usage),
    warnings: [],
    length: goesOn ? request.length : request.length + 1,
    contextTokens: promptTokens(usage) + usage.outputTokens,
  }
  note.head = await putChunk(deps, request.root, chunk)
  note.steps++
  note.contextTokens = chunk.contextTokens
  countStep(note, step)
  return note.head
}

/** Keeps what had arrived of a step that a person interrupted. */
export async function keepInterrupted(deps: CallDeps, place: StepPlace, step: Step | undefined): Promise<Ref> {
  const { request, note } = place
  const partial = step?.text ?? ''
  if (step) countStep(note, step)
  const chunk: Chunk = {
    ...beginning(place),
    status: 'interrupted',
    ...(partial !== '' && { partial }),
    usage: step?.usage ?? noUsage(),
    usd: step ? priceOf(step.model, step.usage) : 0,
    warnings: [],
    length: request.length,
    contextTokens: note.contextTokens,
  }
  note.head = await putChunk(deps, request.root, chunk)
  return note.head
}

function beginning({ request, note, results, before }: StepPlace) {
  const { turn, message, id, condensed } = request
  const number = note.steps + 1
  const first = number === 1
  const prev = note.head ?? request.head
  return {
    turn,
    ...(prev !== undefined && { prev }),
    chained: request.chained + 1,
    sent: { content: first ? message : [], ...(first && id !== undefined && { id }) },
    ...(!first && { step: number }),
    ...(results.length > 0 && { results }),
    ...(first && before.length > 0 && { before }),
    ...(condensed !== undefined && { condensed }),
    session: note.session,
  }
}

function countStep(note: SessionNote, { model, usage }: Step): void {
  note.usage = addUsage(note.usage, usage)
  note.usd = addUsd(note.usd, priceOf(model, usage))
  note.savedUsd = addUsd(note.savedUsd, savedOf(model, usage))
}

/** As the audit has it. */
export function callOf(number: number, { model, usage }: Step): ModelCall {
  return {
    number,
    model,
    inputTokens: promptTokens(usage),
    outputTokens: usage.outputTokens,
    usd: priceOf(model, usage),
  }
}
