// One streamed request to its honest end. An answer counts only with message_stop; a stream that says nothing for a
// minute is cut (the SDK's own time-out stops counting at the headers); what had arrived is kept whenever it ends early.
import type Anthropic from '@anthropic-ai/sdk'
import { addUsage, noUsage, type Usage } from '../../contracts/usage.js'
import type { Claude } from '../claude.js'
import { type CallError, classify, StalledError } from './errors.js'
import type { Block } from './request.js'
import { estimateTokens, toUsage } from './usage.js'

/** No event for this long is a stall; pings do not count as events. */
const IDLE_MS = 60_000
/** A server-side tool loop may pause its turn; we continue it this often. */
const MAX_PAUSES = 10

export type StreamEnd =
  | {
      kind: 'done'
      content: Block[]
      stopReason: string
      refusal?: string
      usage: Usage
      requestId?: string
    }
  | { kind: 'aborted'; partial: string; usage: Usage; requestId?: string }
  | { kind: 'failed'; error: CallError; partial: string; usage: Usage }

/** Read by the heartbeat while the request runs. */
export type Progress = { characters: number; text: string }

export type StreamRequest = {
  claude: Claude
  params: Anthropic.MessageCreateParamsNonStreaming
  /** Aborts the HTTP request; what had arrived comes back as `aborted`. */
  signal: AbortSignal
  timeoutMs: number
  /** message_start arrived: from now on the cache it wrote can be read. */
  onStart: () => void
  /** A piece of the answer's text. */
  onText: (text: string) => void
  progress: Progress
}

export async function streamRequest(request: StreamRequest): Promise<StreamEnd> {
  let usage = noUsage()
  const content: Block[] = []
  const messages = [...request.params.messages]
  for (let pauses = 0; ; pauses++) {
    const end = await streamOnce({ ...request, params: { ...request.params, messages } })
    usage = addUsage(usage, end.usage)
    if (end.kind !== 'done') return { ...end, usage }
    content.push(...end.content)
    if (end.stopReason !== 'pause_turn' || pauses === MAX_PAUSES) return { ...end, content, usage }
    messages.push({ role: 'assistant', content: end.content as unknown as Anthropic.ContentBlockParam[] })
  }
}

async function streamOnce(request: StreamRequest): Promise<StreamEnd> {
  const { claude, params, signal, timeoutMs, onStart, onText, progress } = request
  const stream = claude.messages.stream(params, { signal, maxRetries: 0, timeout: timeoutMs })
  const started = Date.now()
  let lastEvent = started
  let stalled: StalledError | undefined
  stream.on('streamEvent', (event) => {
    lastEvent = Date.now()
    if (event.type === 'message_start') onStart()
    if (event.type === 'content_block_delta') {
      progress.characters += sizeOf(event.delta)
      if (event.delta.type === 'text_delta') {
        progress.text += event.delta.text
        onText(event.delta.text)
      }
    }
  })
  const watchdog = setInterval(() => {
    const now = Date.now()
    if (now - started > timeoutMs) stalled = new StalledError(`no complete answer within ${timeoutMs / 1000} s`)
    else if (now - lastEvent > IDLE_MS) stalled = new StalledError(`nothing arrived for ${IDLE_MS / 1000} s`)
    if (stalled) stream.controller.abort()
  }, 1000)
  try {
    const message = await stream.finalMessage()
    return {
      kind: 'done',
      // From here on blocks are kept as they are, whatever kinds the API adds.
      content: message.content as unknown as Block[],
      stopReason: message.stop_reason ?? 'end_turn',
      ...(message.stop_details?.type === 'refusal' && { refusal: message.stop_details.category ?? 'unspecified' }),
      usage: toUsage(message.usage),
      ...(stream.request_id && { requestId: stream.request_id }),
    }
  } catch (error) {
    const early = { partial: progress.text, usage: usageSoFar(stream.currentMessage, progress) }
    if (signal.aborted && !stalled)
      return { kind: 'aborted', ...early, ...(stream.request_id && { requestId: stream.request_id }) }
    const failure = classify(stalled ?? error)
    if (!failure) throw error
    return { kind: 'failed', error: failure, ...early }
  } finally {
    clearInterval(watchdog)
  }
}

/** The API reports output tokens only at the end; before it they are estimated from what arrived. */
function usageSoFar(message: Anthropic.Message | undefined, progress: Progress): Usage {
  if (!message) return noUsage()
  const usage = toUsage(message.usage)
  return { ...usage, outputTokens: Math.max(usage.outputTokens, estimateTokens(progress.characters)) }
}

function sizeOf(delta: Anthropic.RawContentBlockDelta): number {
  switch (delta.type) {
    case 'text_delta':
      return delta.text.length
    case 'thinking_delta':
      return delta.thinking.length
    case 'input_json_delta':
      return delta.partial_json.length
    default:
      return 0
  }
}
