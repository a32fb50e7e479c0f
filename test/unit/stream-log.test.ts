// What a stream keeps and gives back, and what it makes of messages that are none.
import { describe, expect, it } from 'vitest'
import {
  carriedOf,
  end,
  endOf,
  noteReader,
  openLog,
  publish,
  read,
  refusalOf,
} from '../../src/workflows/patterns/stream/log.js'

const NOW = 1_800_000_000_000
const batch = (sequence: number, count = 1, bytes = 10) => ({
  publisher_id: 'p',
  sequence,
  items: Array.from({ length: count }, () => ({ topic: 'text', data: 'x'.repeat(bytes) })),
})
const poll = (from_offset: number, reader = 'r') => ({ topics: [], from_offset, reader })

describe('a stream', () => {
  it('takes a batch once, however often it is sent, also after it continued as new', () => {
    let log = openLog(undefined, NOW)
    publish(log, batch(1, 2), NOW)
    publish(log, batch(1, 2), NOW)
    log = openLog(JSON.parse(JSON.stringify(carriedOf(log, NOW))), NOW + 5)
    publish(log, batch(1, 2), NOW)
    publish(log, batch(2, 1), NOW)
    expect(read(log, poll(0)).items.map(({ offset }) => offset - NOW * 1000)).toEqual([0, 1, 2])
  })

  it.each([
    undefined,
    null,
    'x',
    7,
    [],
    {},
    { items: 1 },
    { ...batch(1), items: [null] },
    { ...batch(1), sequence: 'x' },
  ])('leaves a publication of %j and refuses a poll of it', (sent) => {
    const log = openLog(undefined, NOW)
    publish(log, sent, NOW)
    end(log, sent)
    expect(log.items).toEqual([])
    expect(refusalOf(log, sent)?.type).toBe('senseless')
  })

  it('keeps what no reader has read up to its limit, and gives up the oldest above it', () => {
    const log = openLog(undefined, NOW)
    noteReader(log, poll(0), NOW)
    for (let sequence = 1; sequence <= 60; sequence++) publish(log, batch(sequence, 1, 10_000), NOW)
    expect(log.base).toBe(log.start)
    for (let sequence = 61; sequence <= 100; sequence++) publish(log, batch(sequence, 1, 10_000), NOW)
    expect(log.base).toBeGreaterThan(log.start)
    expect(JSON.stringify(carriedOf(log, NOW)).length).toBeLessThan(1024 * 1024)
    expect(refusalOf(log, poll(log.start + 1))?.why).toMatch(/is gone: this stream has offsets \d+ to \d+/)
  })

  it('gives up what every reader has read but for the newest, which another process may go on from', () => {
    const log = openLog(undefined, NOW)
    for (let sequence = 1; sequence <= 60; sequence++) publish(log, batch(sequence, 1, 10_000), NOW)
    noteReader(log, poll(endOf(log)), NOW)
    noteReader(log, poll(log.start + 20, 'slow'), NOW)
    publish(log, batch(61), NOW)
    expect(log.base).toBe(log.start + 20)
    end(log, { reader: 'slow' })
    publish(log, batch(62), NOW)
    expect(log.base).toBeGreaterThan(log.start + 30)
    expect(log.bytes).toBeGreaterThan(200_000)
  })

  it('that began later has none of the offsets of the one before', () => {
    const [first, second] = [openLog(undefined, NOW), openLog(undefined, NOW + 1000)]
    publish(first, batch(1, 1000), NOW)
    expect(endOf(first)).toBeLessThan(second.start)
    expect(refusalOf(second, poll(endOf(first)))?.type).toBe('truncated')
  })

  it('answers in pages below the limit of a payload', () => {
    const log = openLog(undefined, NOW)
    for (let sequence = 1; sequence <= 76; sequence++) publish(log, batch(sequence, 1, 10_000), NOW)
    const first = read(log, poll(0))
    expect(JSON.stringify(first).length).toBeLessThan(1024 * 1024)
    expect(endOf(log) - log.base).toBe(first.items.length + read(log, poll(first.next_offset)).items.length)
  })
})
