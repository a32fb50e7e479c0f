// What the program says while it works, read into steps: a model call each, with its blocks, its text as it arrives, what
// it cost and why it stopped. Tools may be asked for before that is known, so who runs them waits for a step's end here.
import type { ContentBlock } from '../../contracts/conversation.js'
import { noUsage, type Usage } from '../../contracts/usage.js'
import type { SdkMessage } from './sdk.js'

export type Step = {
  /** The API's id of the message. */
  id: string
  model: string
  blocks: ContentBlock[]
  text: string
  usage: Usage
  stopReason?: string
}

/** How the program said its turn ended. `status`: of the API's error. */
export type End =
  | { kind: 'answered'; text: string; output?: unknown }
  | { kind: 'failed'; message: string; status?: number }
  | { kind: 'tooManySteps' }
  | { kind: 'overBudget' }

export type Listener = {
  /** Anything at all was said. */
  word(): void
  begun(step: Step): void
  text(step: Step, text: string): void
  /** Awaited: the next step's words are read after it. */
  ended(step: Step): Promise<void>
}

type Event = {
  type: string
  message?: { id: string; model: string; usage: ApiUsage }
  delta?: { type?: string; text?: string; stop_reason?: string }
  usage?: ApiUsage
}
type ApiUsage = {
  input_tokens?: number
  output_tokens?: number
  cache_read_input_tokens?: number | null
  cache_creation_input_tokens?: number | null
  cache_creation?: { ephemeral_1h_input_tokens?: number } | null
  output_tokens_details?: { thinking_tokens?: number } | null
}

/** @returns undefined where the program ended without saying how. */
export async function readMessages(messages: AsyncIterable<SdkMessage>, listener: Listener): Promise<End | undefined> {
  let step: Step | undefined
  for await (const message of messages) {
    listener.word()
    if (message.parent_tool_use_id) continue
    switch (message.type) {
      case 'stream_event': {
        const event = message.event as Event
        if (event.type === 'message_start' && event.message) {
          const { id, model, usage } = event.message
          step = { id, model, blocks: [], text: '', usage: toUsage(usage, noUsage()) }
          listener.begun(step)
        } else if (step) step = await onEvent(step, event, listener)
        break
      }
      case 'assistant': {
        const { id, content } = message.message as { id: string; content: ContentBlock[] }
        if (step?.id === id) step.blocks.push(...content)
        break
      }
      case 'result':
        return endOf(message)
    }
  }
  return undefined
}

async function onEvent(step: Step, event: Event, listener: Listener): Promise<Step | undefined> {
  switch (event.type) {
    case 'content_block_delta':
      if (event.delta?.type === 'text_delta' && event.delta.text) {
        step.text += event.delta.text
        listener.text(step, event.delta.text)
      }
      return step
    case 'message_delta':
      if (event.usage) step.usage = toUsage(event.usage, step.usage)
      if (event.delta?.stop_reason) step.stopReason = event.delta.stop_reason
      return step
    case 'message_stop':
      await listener.ended(step)
      return undefined
    default:
      return step
  }
}

function endOf(message: SdkMessage): End {
  const { subtype, is_error: isError, result, structured_output: output } = message
  const status = typeof message.api_error_status === 'number' ? message.api_error_status : undefined
  if (subtype === 'error_max_turns') return { kind: 'tooManySteps' }
  if (subtype === 'error_max_budget_usd') return { kind: 'overBudget' }
  if (subtype === 'success' && !isError)
    return { kind: 'answered', text: String(result ?? ''), ...(output !== undefined && { output }) }
  const errors = Array.isArray(message.errors) ? message.errors.join('; ') : undefined
  return { kind: 'failed', message: String(result ?? errors ?? subtype), ...(status !== undefined && { status }) }
}

/** A later report replaces an earlier one, number by number. */
function toUsage(usage: ApiUsage, before: Usage): Usage {
  const hour = usage.cache_creation?.ephemeral_1h_input_tokens ?? before.cacheWrite1hTokens
  const written = usage.cache_creation_input_tokens
  return {
    inputTokens: usage.input_tokens ?? before.inputTokens,
    outputTokens: usage.output_tokens ?? before.outputTokens,
    thinkingTokens: usage.output_tokens_details?.thinking_tokens ?? before.thinkingTokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? before.cacheReadTokens,
    cacheWrite5mTokens: written == null ? before.cacheWrite5mTokens : written - hour,
    cacheWrite1hTokens: hour,
  }
}
