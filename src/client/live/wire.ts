// A text as it travelled: in the protocol of workflow streams, an item is a protobuf Payload in base64. Anybody may
// publish, so what is none of ours is left.
import { decodePayloadWire } from '@temporalio/workflow-streams/workflow'
import type { StreamItem, WireItem } from '../../contracts/stream.js'

const utf8 = new TextDecoder()

export function fromWire({ data }: WireItem): StreamItem | undefined {
  try {
    const item: unknown = JSON.parse(utf8.decode(decodePayloadWire(data).data ?? new Uint8Array()))
    return isStreamItem(item) ? item : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) return undefined
    throw error
  }
}

function isStreamItem(value: unknown): value is StreamItem {
  if (typeof value !== 'object' || value === null) return false
  const { agent, turn, attempt, seq, at, text } = value as Record<keyof StreamItem, unknown>
  const numbers = [turn, attempt, seq, at].every((number) => Number.isSafeInteger(number))
  return numbers && typeof agent === 'string' && typeof text === 'string'
}
