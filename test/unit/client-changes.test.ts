import { expect, it } from 'vitest'
import { changes, type Seen } from '../../src/client/changes.js'
import type { ItemState, StatusReport } from '../../src/contracts/messages.js'
import { noUsage } from '../../src/contracts/usage.js'

const item = (change: Partial<ItemState> = {}): ItemState => {
  return { id: 'a', model: 'm', status: 'waiting', usd: 0, attempts: 0, outputTokens: 0, ...change }
}
const report = (change: Partial<StatusReport> = {}): StatusReport => ({
  workflow: 'parallel',
  status: 'running',
  warnings: [],
  approvals: [],
  items: [item()],
  usage: noUsage(),
  usd: 0,
  savedUsd: 0,
  refused: [],
  ...change,
})
const watcher = () => {
  const seen: Seen = { items: new Map(), approvals: new Set(), tools: new Map(), refused: new Set() }
  return (next: StatusReport, calls = new Map()) => [...changes(next, calls, seen)]
}

it('what was told once is not told again', () => {
  const look = watcher()
  expect(look(report()).map(({ type }) => type)).toEqual(['status'])
  expect(look(report())).toEqual([])
})

it('a running item tells tokens and its last line, and its end once', () => {
  const look = watcher()
  look(report())
  const running = report({ items: [item({ status: 'running' })] })
  const call = { item: 'a', tokens: 7, lastLine: 'so far' }
  expect(look(running, new Map([['a', call]]))).toEqual([
    { type: 'progress', item: 'a', status: 'running', tokens: 7, lastLine: 'so far', usd: 0 },
  ])
  const ended = report({ items: [item({ status: 'ok', usd: 0.1, outputTokens: 9 })] })
  expect(look(ended)).toMatchObject([{ type: 'item', item: { id: 'a', status: 'ok', outputTokens: 9 } }])
  expect(look(ended)).toEqual([])
})

it('items end before the run does', () => {
  const over = report({ status: 'completed', items: [item({ status: 'ok' })] })
  expect(watcher()(over).map(({ type }) => type)).toEqual(['item', 'status'])
})

it('a question is news once, and again when it is put again', () => {
  const look = watcher()
  const asked = { name: 'plan', title: 'two calls', digest: 'd1', openedAt: '2026-11-21T00:00:00Z' }
  const waiting = (...approvals: StatusReport['approvals']) => report({ status: 'waiting', approvals })
  expect(look(waiting(asked)).filter(({ type }) => type === 'approval')).toHaveLength(1)
  expect(look(waiting(asked))).toEqual([])
  const answered = { ...asked, answer: { kind: 'revise' as const, by: 'me', at: '' } }
  const again = { ...asked, openedAt: '2026-11-21T00:00:05Z' }
  expect(look(waiting(answered, again))).toMatchObject([{ type: 'approval', digest: 'd1' }])
})

it('every refused message is told, though a report keeps only the last of them', () => {
  const look = watcher()
  const refused = (at: number) => ({ message: 'approve', reason: 'nothing waits', at: `${at}` })
  look(report({ refused: [refused(1), refused(2)] }))
  expect(look(report({ refused: [refused(2), refused(3)] }))).toEqual([
    { type: 'refused', message: 'approve', reason: 'nothing waits' },
  ])
})
