// What a thread answers when it is asked: reads only, never waits, and stays within what a query may carry.

import type { EndedTurn, WaitingMessage } from '../../../contracts/continued-thread.js'
import type { StatusReport } from '../../../contracts/messages.js'
import type { ThreadMessages, ThreadTurn, TurnAnswer } from '../../../contracts/thread.js'
import { noUsage } from '../../../contracts/usage.js'
import { statusOf } from '../run/run.js'
import { readTurn } from './messages.js'
import { range } from './queue.js'
import { bytesOf, type Thread, waitingMessages } from './state.js'

const SHOWN_BYTES = 256 * 1024
const SHOWN_TURNS = 100
const STATUS_TURNS = 50

/** Throws for what names no turn. */
export function answerOf(thread: Thread, sent: unknown): TurnAnswer {
  const read = readTurn(sent)
  if ('refused' in read) throw new Error(`answer: ${read.refused}`)
  const turn = read.turn ?? thread.next - 1
  if (turn < 1 || turn >= thread.next) throw new Error(`answer: there is no turn ${turn}${range(thread)}`)
  const ended = thread.ended.get(turn)
  if (ended) return answered(ended)
  const link = thread.links.get(turn)
  if (link !== undefined) return link === '' ? NEVER_ASKED : stored(link)
  if (thread.running?.message.turn === turn || waitingMessages(thread).some((message) => message.turn === turn))
    return { status: 'pending' }
  const before = thread.cleared.find((cleared) => turn <= cleared.turn)
  const head = before?.head ?? thread.conversation?.state.head
  return head === undefined ? { status: 'pending' } : stored(head)
}

const NEVER_ASKED: TurnAnswer = { status: 'interrupted', usage: noUsage(), usd: 0, warnings: [] }

function stored(head: string): TurnAnswer {
  return { status: 'stored', head }
}

function answered({ status, text, chunk, error, usage, usd, warnings }: EndedTurn): TurnAnswer {
  return {
    status,
    ...(text !== undefined && { text }),
    ...(chunk !== undefined && { chunk }),
    ...(error && { error }),
    ...{ usage, usd, warnings },
  }
}

export function messagesOf(thread: Thread): ThreadMessages {
  const open = [...(thread.running ? [thread.running.message] : []), ...waitingMessages(thread)]
  const turns: ThreadTurn[] = []
  let bytes = 0
  for (const message of open.slice(0, SHOWN_TURNS)) {
    bytes += message.bytes
    const status = message === thread.running?.message ? 'running' : 'waiting'
    turns.push({ turn: message.turn, status, sent: bytes > SHOWN_BYTES ? { bytes: message.bytes } : message.content })
  }
  const shown: ThreadTurn[] = []
  let oldest: EndedTurn | undefined
  for (const ended of [...thread.ended.values()].reverse()) {
    if (ended.cleared || shown.length + turns.length >= SHOWN_TURNS) break
    bytes += bytesOf(ended)
    if (bytes > SHOWN_BYTES && shown.length > 0) break
    const { turn, status, sent, text, chunk } = ended
    shown.unshift({ turn, status, sent, ...(text !== undefined && { text }), ...(chunk !== undefined && { chunk }) })
    if (chunk !== undefined) oldest = ended
  }
  return { turns: [...shown, ...turns], ...older(thread, shown, oldest) }
}

function older(thread: Thread, shown: ThreadTurn[], oldest: EndedTurn | undefined): Pick<ThreadMessages, 'older'> {
  const { state } = thread.conversation ?? {}
  const head = oldest ? oldest.prev : state?.head
  const turns = (state?.chained ?? 0) - shown.filter(({ chunk }) => chunk !== undefined).length
  return head === undefined || turns <= 0 ? {} : { older: { head, turns } }
}

export function statusOfThread(thread: Thread): StatusReport {
  const { run, conversation, running } = thread
  const report = statusOf(run)
  const model = conversation?.plan.shown.model ?? ''
  const waits = waitingMessages(thread)
  const ended = [...thread.ended.values()].slice(-STATUS_TURNS).map(({ turn, status, usd, attempts, usage }) => {
    return { id: String(turn), model, status, usd, attempts, outputTokens: usage.outputTokens }
  })
  const open = (message: WaitingMessage, status: 'running' | 'waiting') => {
    return { id: String(message.turn), model, status, usd: 0, attempts: 0, outputTokens: 0 }
  }
  const items = [
    ...ended,
    ...(running ? [open(running.message, 'running')] : []),
    ...waits.slice(0, STATUS_TURNS).map((message) => open(message, 'waiting')),
  ]
  return {
    ...report,
    status: run.state !== 'open' ? run.state : running || waits.length > 0 ? 'running' : 'waiting',
    ...(conversation && { title: titleOf(thread), server: conversation.plan.server }),
    warnings: conversation?.plan.warnings ?? [],
    items: items.slice(-STATUS_TURNS),
  }
}

/** Such as "thread · sonnet-5-5 · 12 turns"; an agent by its name. */
export function titleOf({ conversation, counts }: Thread): string {
  const turns = counts.ok + counts.interrupted + counts.error
  const model = conversation?.plan.shown.model.replace(/^claude-/, '') ?? ''
  return `${conversation?.plan.agent?.name ?? 'thread'} · ${model} · ${turns === 1 ? '1 turn' : `${turns} turns`}`
}
