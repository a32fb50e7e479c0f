// An answer as bytes over time. A stream is planned before it is sent, so that a fault can be placed exactly and a test
// can look at the plan; events of the same moment are one write.

import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages'
import type { Pace } from './latency.js'
import { emptyMessage, finalUsage, type MessageHead, wholeMessage } from './message.js'
import { type Reply, type ReplyBlock, tokensOfBlock } from './reply.js'

/** Bytes to be sent `at` milliseconds after the request arrived. */
export type Frame = { at: number; text: string }

/** Writes are at least this far apart: finer ones cost processor time and show nothing more. */
const TICK_MS = 100
/** Without a pace: few, large deltas, but always several for a long text. */
const LEAST_DELTA = 1024
const MOST_DELTAS = 500

export const sse = (event: RawMessageStreamEvent | { type: 'ping' }) =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

/** The frames of a stream, one per event, in order. */
export function streamFrames(head: MessageHead, reply: Reply, pace: Pace): Frame[] {
  const clock = clockOf(pace, reply.blocks)
  const frames: Frame[] = []
  const add = (at: number, event: Parameters<typeof sse>[0]) => frames.push({ at, text: sse(event) })
  add(clock.begin, { type: 'message_start', message: emptyMessage(head) })
  reply.blocks.forEach((block, index) => {
    add(clock.now(), { type: 'content_block_start', index, content_block: openBlock(block) })
    if (index === 0) add(clock.now(), { type: 'ping' })
    const tokens = tokensOfBlock(block)
    for (const delta of deltasOf(block, clock.deltaLength(block))) {
      clock.advance(delta.share * tokens)
      add(clock.now(), { type: 'content_block_delta', index, delta: delta.event })
    }
    add(clock.now(), { type: 'content_block_stop', index })
  })
  const { stopReason: stop_reason, stopSequence: stop_sequence, stopDetails: stop_details } = reply
  add(clock.end, {
    type: 'message_delta',
    delta: { stop_reason, stop_sequence, stop_details, container: null },
    usage: finalUsage(head.input, reply),
  })
  add(clock.end, { type: 'message_stop' })
  return frames
}

/** A JSON answer is one frame, when everything has been written. */
export function jsonFrames(head: MessageHead, reply: Reply, pace: Pace): Frame[] {
  return [{ at: clockOf(pace, reply.blocks).end, text: JSON.stringify(wholeMessage(head, reply)) }]
}

function clockOf(pace: Pace, blocks: ReplyBlock[]) {
  const tokens = blocks.reduce((total, block) => total + tokensOfBlock(block), 0)
  const begin = pace.firstTokenMs
  const msPerToken =
    pace.totalMs === undefined ? 1000 / pace.tokensPerSecond : Math.max(0, pace.totalMs - begin) / Math.max(1, tokens)
  const end = pace.totalMs === undefined ? begin + tokens * msPerToken : Math.max(begin, pace.totalMs)
  let done = 0
  return {
    begin,
    end,
    /** The tick in which what has been advanced to is sent. */
    now: () => Math.min(end, begin + Math.ceil((done * msPerToken) / TICK_MS) * TICK_MS),
    advance: (more: number) => {
      done += more
    },
    /** Characters per delta: what comes in one tick, or large pieces without a pace. */
    deltaLength: (block: ReplyBlock) => {
      const length = textOf(block).length
      if (msPerToken === 0) return Math.max(LEAST_DELTA, Math.ceil(length / MOST_DELTAS))
      const ticks = Math.max(1, (tokensOfBlock(block) * msPerToken) / TICK_MS)
      return Math.max(8, Math.ceil(length / ticks))
    },
  }
}

const textOf = (block: ReplyBlock) =>
  block.type === 'text' ? block.text : block.type === 'thinking' ? block.thinking : block.json

type BlockStart = Extract<RawMessageStreamEvent, { type: 'content_block_start' }>['content_block']
type Delta = Extract<RawMessageStreamEvent, { type: 'content_block_delta' }>['delta']

function openBlock(block: ReplyBlock): BlockStart {
  if (block.type === 'text') return { type: 'text', text: '', citations: null }
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' }
  return { type: 'tool_use', id: block.id, name: block.name, input: {}, caller: { type: 'direct' } }
}

/** Each delta with the share of its block's tokens it carries. */
function* deltasOf(block: ReplyBlock, length: number): Generator<{ event: Delta; share: number }> {
  const text = textOf(block)
  const pieces = piecesOf(text, length)
  if (block.type === 'tool_use') yield { event: { type: 'input_json_delta', partial_json: '' }, share: 0 }
  for (const piece of pieces) yield { event: deltaOf(block, piece), share: piece.length / text.length }
  if (block.type === 'thinking') {
    yield { event: { type: 'signature_delta', signature: block.signature }, share: text === '' ? 1 : 0 }
  }
}

function deltaOf(block: ReplyBlock, piece: string): Delta {
  if (block.type === 'text') return { type: 'text_delta', text: piece }
  if (block.type === 'thinking') return { type: 'thinking_delta', thinking: piece }
  return { type: 'input_json_delta', partial_json: piece }
}

/** Pieces of about this length; a surrogate pair is never split. */
function piecesOf(text: string, length: number): string[] {
  const pieces: string[] = []
  for (let from = 0; from < text.length; ) {
    let to = Math.min(text.length, from + length)
    const unit = text.charCodeAt(to)
    if (unit >= 0xdc00 && unit <= 0xdfff) to++
    pieces.push(text.slice(from, to))
    from = to
  }
  return pieces
}
