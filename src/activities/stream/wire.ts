// A text as it travels: in the protocol of workflow streams, an item is a protobuf Payload in base64.
import { encodePayloadWire } from '@temporalio/workflow-streams/workflow'
import { type StreamItem, TEXT_TOPIC, type WireItem } from '../../contracts/stream.js'

const bytes = new TextEncoder()
const JSON_PLAIN = bytes.encode('json/plain')

export function toWire(item: StreamItem): Omit<WireItem, 'offset'> {
  const payload = { metadata: { encoding: JSON_PLAIN }, data: bytes.encode(JSON.stringify(item)) }
  return { topic: TEXT_TOPIC, data: encodePayloadWire(payload) }
}
