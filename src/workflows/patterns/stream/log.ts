// What a stream keeps: the newest texts, in order, each with its offset for ever. What every reader has read goes first;
// above a limit the oldest goes whether read or not, because a reader can heal a gap and a history cannot grow for ever.
import type { CarriedStream, Poll, Polled, Publish, WireItem } from '../../../contracts/stream.js'

/** Kept although it was read: somebody may go on from an offset of an earlier process. */
const KEPT_BYTES = 256 * 1024
/** Never more: it travels in one payload when the stream continues as new. */
const MOST_BYTES = 768 * 1024
const POLLED_BYTES = 768 * 1024
/** JSON around an item's data. */
const ITEM_BYTES = 40
/** A reader not heard of for so long holds nothing back; a publisher's number is not needed any longer. */
const FORGOTTEN_MS = 5 * 60_000
const MOST_KNOWN = 200

export type StreamLog = Omit<CarriedStream, 'publishers' | 'readers'> & {
  bytes: number
  publishers: Map<string, { sequence: number; at: number }>
  readers: Map<string, { offset: number; at: number }>
}

/** Offsets begin at the time of the start, so those of an earlier stream of the same run are never taken for its own. */
export function openLog(carried: CarriedStream | undefined, now: number): StreamLog {
  const start = carried?.start ?? now * 1000
  const { base = start, items = [], publishers = [], readers = [], over = false } = carried ?? {}
  return {
    start,
    base,
    items,
    over,
    bytes: items.reduce((sum, item) => sum + sizeOf(item), 0),
    publishers: new Map(publishers.map(([id, sequence, at]) => [id, { sequence, at }])),
    readers: new Map(readers.map(([id, offset, at]) => [id, { offset, at }])),
  }
}

export function carriedOf({ start, base, items, over, publishers, readers }: StreamLog, now: number): CarriedStream {
  const recent = ({ at }: { at: number }) => now - at < FORGOTTEN_MS
  return {
    start,
    base,
    items,
    over,
    publishers: [...publishers]
      .filter(([, known]) => recent(known))
      .map(([id, { sequence, at }]) => [id, sequence, at]),
    readers: [...readers].filter(([, known]) => recent(known)).map(([id, { offset, at }]) => [id, offset, at]),
  }
}

/** Takes a batch once; what is no batch is left. */
export function publish(log: StreamLog, sent: unknown, now: number): void {
  if (!isPublish(sent)) return
  const { publisher_id: id, sequence, items } = sent
  if (sequence <= (log.publishers.get(id)?.sequence ?? 0)) return
  know(log.publishers, id, { sequence, at: now })
  for (const { topic, data } of items) {
    log.items.push({ topic, data })
    log.bytes += sizeOf({ topic, data })
  }
  shrink(log, now)
}

export const endOf = ({ base, items }: StreamLog): number => base + items.length

/** Why this cannot be answered, if so; `senseless` also for an offset that was never given out. */
export function refusalOf(
  log: StreamLog,
  asked: unknown,
): { type: 'truncated' | 'senseless'; why: string } | undefined {
  if (!isPoll(asked)) return { type: 'senseless', why: 'wanted { topics: [], from_offset: number }' }
  const { from_offset: from } = asked
  const has = `has offsets ${log.base} to ${endOf(log)}`
  if (from !== 0 && from < log.base) return { type: 'truncated', why: `offset ${from} is gone: this stream ${has}` }
  if (from > endOf(log)) return { type: 'senseless', why: `offset ${from} has not been yet: this stream ${has}` }
  return undefined
}

/** Whether a poll has something to come back with: texts, or that its place is gone. */
export function hasNews(log: StreamLog, { from_offset: from }: Poll): boolean {
  return (from !== 0 && from < log.base) || endOf(log) > Math.max(from, log.base)
}

/** @param asked was not refused. */
export function read(log: StreamLog, { topics, from_offset: from }: Poll): Polled {
  const first = Math.max(from, log.base)
  const { start, base } = log
  const items: WireItem[] = []
  let bytes = 0
  for (let offset = first; offset < endOf(log); offset++) {
    const item = log.items[offset - log.base]
    if (!item || (topics.length > 0 && !topics.includes(item.topic))) continue
    bytes += sizeOf(item)
    if (bytes > POLLED_BYTES && items.length > 0) return { items, next_offset: offset, more_ready: true, start, base }
    items.push({ ...item, offset })
  }
  return { items, next_offset: endOf(log), more_ready: false, start, base }
}

/** A reader that asks for an offset has everything before it. */
export function noteReader(log: StreamLog, { reader, from_offset: offset }: Poll, now: number): void {
  if (reader !== undefined) know(log.readers, reader, { offset, at: now })
}

/** Nothing more will come, says a reader that has all. */
export function end(log: StreamLog, sent: unknown): void {
  log.over = true
  const reader = typeof sent === 'object' && sent !== null ? (sent as { reader?: unknown }).reader : undefined
  if (typeof reader === 'string') log.readers.delete(reader)
}

/** Whether every reader heard of lately has all there is. */
export function allRead(log: StreamLog): boolean {
  return [...log.readers.values()].every(({ offset }) => offset >= endOf(log))
}

function shrink(log: StreamLog, now: number): void {
  const known = [...log.readers.values()].filter(({ at }) => now - at < FORGOTTEN_MS)
  const readUpTo = known.length === 0 ? log.base : Math.min(...known.map(({ offset }) => offset))
  let count = 0
  for (const item of log.items) {
    const isRead = log.base + count < readUpTo
    if (log.bytes <= (isRead ? KEPT_BYTES : MOST_BYTES)) break
    log.bytes -= sizeOf(item)
    count++
  }
  log.items.splice(0, count)
  log.base += count
}

/** The newest so many: ids come from outside. */
function know<T>(map: Map<string, T>, id: string, value: T): void {
  map.delete(id)
  map.set(id, value)
  for (const oldest of map.keys()) {
    if (map.size <= MOST_KNOWN) return
    map.delete(oldest)
  }
}

const sizeOf = ({ topic, data }: { topic: string; data: string }) => topic.length + data.length + ITEM_BYTES

const MAX_ID = 200
const isId = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= MAX_ID

function isPublish(sent: unknown): sent is Publish {
  if (typeof sent !== 'object' || sent === null) return false
  const { items, publisher_id, sequence } = sent as Partial<Record<keyof Publish, unknown>>
  return isId(publisher_id) && Number.isSafeInteger(sequence) && Array.isArray(items) && items.every(isItem)
}

function isItem(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false
  const { topic, data } = item as { topic?: unknown; data?: unknown }
  return isId(topic) && typeof data === 'string'
}

function isPoll(asked: unknown): asked is Poll {
  if (typeof asked !== 'object' || asked === null) return false
  const { topics, from_offset, reader } = asked as Partial<Record<keyof Poll, unknown>>
  const isOffset = Number.isSafeInteger(from_offset) && (from_offset as number) >= 0
  return isOffset && Array.isArray(topics) && topics.every(isId) && (reader === undefined || isId(reader))
}
