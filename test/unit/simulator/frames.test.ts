import { describe, expect, it } from 'vitest'
import { errorOfFault, withFault } from '../../../src/simulator/faults.js'
import { type Frame, streamFrames } from '../../../src/simulator/frames.js'
import { IMMEDIATE } from '../../../src/simulator/latency.js'
import { reply, thinkingBlock } from '../../../src/simulator/reply.js'

const input = {
  input_tokens: 5,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
}
const head = { id: 'msg_1', model: 'claude-haiku-5-5', input }
const answer = (text: string) => reply([thinkingBlock('hm'), { type: 'text', text }])
const dataOf = (frames: Frame[]) => frames.map(({ text }) => JSON.parse(text.split('\ndata: ')[1] ?? ''))
const textIn = (frames: Frame[]) =>
  dataOf(frames)
    .map(({ delta }) => delta?.text ?? '')
    .join('')
const context = { stream: true, requestId: 'req_1' }

describe('the frames of a stream', () => {
  it('come in the order of the API: start, blocks with their deltas, delta, stop', () => {
    const types = dataOf(streamFrames(head, answer('hello'), IMMEDIATE)).map(({ type }) => type)
    const block = ['content_block_start', 'content_block_delta', 'content_block_stop']
    expect(types).toEqual([
      'message_start',
      ...['content_block_start', 'ping', 'content_block_delta', 'content_block_delta', 'content_block_stop'],
      ...block,
      'message_delta',
      'message_stop',
    ])
  })

  it('carry the same text at any pace, never splitting a character', () => {
    const text = 'Grüße 👩‍👩‍👧 '.repeat(300)
    for (const pace of [IMMEDIATE, { firstTokenMs: 10, tokensPerSecond: 80 }, { ...IMMEDIATE, totalMs: 2000 }]) {
      const frames = streamFrames(head, answer(text), pace)
      expect(textIn(frames)).toBe(text)
      expect(frames.every(({ text }) => !Buffer.from(text).includes('\ufffd'))).toBe(true)
    }
  })

  it('spread an answer over the time it is to take', () => {
    const frames = streamFrames(head, answer('word '.repeat(200)), { ...IMMEDIATE, totalMs: 2000 })
    expect(frames[0]?.at).toBe(0)
    expect(frames.at(-1)?.at).toBe(2000)
    const times = new Set(frames.map(({ at }) => at))
    expect(times.size).toBeGreaterThan(15)
    expect(times.size).toBeLessThan(25)
  })

  it('are few when there is no pace, also for a large text', () => {
    expect(streamFrames(head, answer('x'.repeat(10_000_000)), IMMEDIATE).length).toBeLessThan(520)
  })
})

describe('faults in a stream', () => {
  const frames = streamFrames(head, answer('Grüße aus der Ferne, 漢字 und mehr. '.repeat(40)), {
    ...IMMEDIATE,
    totalMs: 1000,
  })
  const whole = Buffer.from(frames.map(({ text }) => text).join(''))

  it('a cut falls at the percentage, or inside a character', () => {
    for (const at of [0, 1, 50, 99]) {
      expect(withFault(frames, { kind: 'cut', at }, context).cutAt).toBe(Math.floor((whole.length * at) / 100))
      const inside = withFault(frames, { kind: 'cut', at, insideCharacter: true }, context).cutAt ?? 0
      expect(whole[inside - 1]).toBeGreaterThanOrEqual(0xc0)
      expect((whole[inside] ?? 0) & 0xc0).toBe(0x80)
    }
  })

  it('an early end, a stall and an overload leave whole events and no message_stop', () => {
    for (const kind of ['eof', 'stall', 'overloaded-mid-stream']) {
      const kept = withFault(frames, { kind, at: 60 }, context).frames
      const types = dataOf(kept).map(({ type }) => type)
      expect(types).toContain('content_block_delta')
      expect(types).not.toContain('message_stop')
      expect(types.at(-1)).toBe(kind === 'overloaded-mid-stream' ? 'error' : 'content_block_delta')
    }
  })

  it('broken JSON breaks exactly one event', () => {
    const broken = withFault(frames, { kind: 'broken-json', at: 50 }, context).frames
    const bad = broken.filter(({ text }) => {
      try {
        return !JSON.parse(text.split('\ndata: ')[1] ?? '')
      } catch {
        return true
      }
    })
    expect(bad).toHaveLength(1)
  })

  it('statuses and named errors become the API error they stand for', () => {
    const of = (kind: string) => errorOfFault({ kind, retryAfter: 3 }, 'm')
    expect(of('413')).toMatchObject({ status: 413, type: 'request_too_large' })
    expect(of('529')).toMatchObject({ status: 529, type: 'overloaded_error' })
    expect(of('429')).toMatchObject({ status: 429, extras: { headers: { 'retry-after': '3' } } })
    expect(of('spend-limit')).toMatchObject({ status: 429, extras: { code: 'enforced_spend_limit_reached' } })
    expect(of('on-hold')).toMatchObject({ status: 400, extras: { code: 'organization_on_hold' } })
    expect(of('retired-model')).toMatchObject({ status: 404, type: 'not_found_error', message: 'model: m' })
    expect(of('cut')).toBeUndefined()
  })
})
