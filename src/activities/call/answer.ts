// From a finished message to what a run keeps: the text, the parsed output, and the branches in which a message is no
// usable answer. Text is selected by block type, never by position: thinking comes first.
import type { RunToolOutcome } from '../../contracts/agent.js'
import type { Chunk } from '../../contracts/conversation.js'
import { FAILURE, type FailureType } from '../../contracts/failures.js'
import { isTooDeep, MAX_NESTING } from '../../contracts/nesting.js'
import type { Ref } from '../../contracts/refs.js'
import type { Usage, Usd } from '../../contracts/usage.js'
import type { Given } from '../agent/tool/tool-output.js'
import { misfit } from './misfit.js'
import type { Block } from './request.js'

/** What the journal keeps of an answer: all of it, so that later calls can continue from it unchanged. */
export type Answer = {
  content: Block[]
  stopReason: string
  model: string
  requestId?: string
  usage: Usage
  usd: Usd
  savedUsd: Usd
  warnings: string[]
}

/** Of a turn the journal keeps the chunk that holds it; the chunk itself only where it could not be stored. */
export type KeptTurn = { chunk: Ref } | { unstored: Chunk }
/** Of a tool call it keeps how that ended. */
export type KeptEffect = { effect: RunToolOutcome; unstored?: Given }
export type Kept = Answer | KeptTurn | KeptEffect

export function isAnswer(kept: Kept): kept is Answer {
  return 'content' in kept
}

export type Reading = { text: string; output?: unknown; warnings: string[] } | { failure: FailureType; message: string }

export type ReadAs = {
  /** The request asked for structured output. */
  wantsOutput: boolean
  /** Checked against; an answer from the journal was. */
  schema?: Record<string, unknown>
  /** An agent's step: what it asks for is run. */
  runsTools?: boolean
  maxTokens: number
  refusal?: string
}

export function readAnswer(
  answer: Pick<Answer, 'content' | 'stopReason'>,
  { wantsOutput, schema, runsTools = false, maxTokens, refusal }: ReadAs,
): Reading {
  const text = answer.content.flatMap((block) => (block.type === 'text' ? [String(block.text)] : [])).join('')
  const warnings: string[] = []
  switch (answer.stopReason) {
    case 'refusal':
      return { failure: FAILURE.refused, message: `the model declined to answer (${refusal ?? 'no category given'})` }
    case 'max_tokens':
      warnings.push(`the answer was cut at maxTokens ${maxTokens}`)
      break
    case 'model_context_window_exceeded':
      warnings.push("the answer was cut: the model's context is full")
      break
    case 'tool_use':
      if (runsTools && answer.content.some((block) => block.type === 'tool_use')) return { text, warnings }
      warnings.push(`the model asked for tools, which a single call does not run: ${toolNames(answer.content)}`)
      break
    case 'pause_turn':
      warnings.push('the model paused its turn again and again; the answer is what it had so far')
      break
  }
  if (text === '' && warnings.length === 0) warnings.push('the answer is empty')
  if (!wantsOutput) return { text, warnings }
  let output: unknown
  try {
    output = JSON.parse(text)
  } catch {
    const why = warnings.length > 0 ? ` (${warnings.join('; ')})` : ''
    return { failure: FAILURE.outputInvalid, message: `wanted JSON for the output schema, got ${excerpt(text)}${why}` }
  }
  if (isTooDeep(output))
    return {
      failure: FAILURE.outputInvalid,
      message: `wanted JSON nested at most ${MAX_NESTING} levels deep, got more: ${excerpt(text)}`,
    }
  const why = schema && misfit(output, schema)
  if (why) return { failure: FAILURE.outputInvalid, message: `the answer does not fit the output schema: ${why}` }
  return { text, output, warnings }
}

function toolNames(content: Answer['content']): string {
  return content.flatMap((block) => (block.type === 'tool_use' ? [String(block.name)] : [])).join(', ')
}

function excerpt(text: string): string {
  return text === '' ? 'nothing' : JSON.stringify(text.length > 80 ? `…${text.slice(-80)}` : text)
}
