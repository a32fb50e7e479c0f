// What a watcher knows of every item so far, gathered from events; both views draw from it.
import type { RunEvent } from '../../client/run-event.js'
import type { ItemState, StatusReport } from '../../contracts/messages.js'
import type { Usd } from '../../contracts/usage.js'
import { printable } from '../output.js'

export type Row = {
  /** As shown. */
  id: string
  model: string
  status: ItemState['status']
  tokens: number
  lastLine: string
  usd: Usd
  attempts: number
  /** When it was first seen running, and over. Milliseconds. */
  began?: number
  ended?: number
}

export type Board = { status?: string; title?: string; rows: Map<string, Row> }

export const newBoard = (): Board => ({ rows: new Map() })

/** Takes an event in; says which row changed. */
export function note(board: Board, event: RunEvent, now: number = Date.now()): Row | undefined {
  switch (event.type) {
    case 'status':
      takeReport(board, event.report)
      return undefined
    case 'progress': {
      const row = rowOf(board, event.item)
      row.began ??= event.status === 'running' ? now : undefined
      Object.assign(row, {
        status: event.status,
        tokens: event.tokens,
        lastLine: printable(event.lastLine),
        usd: event.usd,
      })
      return row
    }
    case 'item': {
      const { id, model, status, usd, attempts, outputTokens } = event.item
      const row = rowOf(board, id)
      row.ended ??= now
      Object.assign(row, { status, usd, attempts, tokens: outputTokens, lastLine: '', model: model || row.model })
      return row
    }
    case 'end':
      board.status = event.status
      return undefined
    case 'approval':
    case 'refused':
    case 'warning':
    case 'text':
    case 'log':
    case 'tool':
      return undefined
  }
}

function takeReport(board: Board, report: StatusReport): void {
  board.status = report.status
  if (report.title !== undefined) board.title = printable(report.title)
  for (const { id, model } of report.items) rowOf(board, id).model = model || rowOf(board, id).model
}

function rowOf(board: Board, id: string): Row {
  let row = board.rows.get(id)
  if (!row) {
    row = { id: printable(id), model: '', status: 'waiting', tokens: 0, lastLine: '', usd: 0, attempts: 0 }
    board.rows.set(id, row)
  }
  return row
}

/** Seconds it has been at work, or was; one decimal below ten. */
export function secondsOf({ began, ended }: Row, now: number = Date.now()): string {
  if (began === undefined) return ''
  const seconds = ((ended ?? now) - began) / 1000
  return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`
}

/** Dollars of all rows; unknown if one is. */
export function spent(board: Board): Usd {
  let sum = 0
  for (const { usd } of board.rows.values()) {
    if (usd === null) return null
    sum += usd
  }
  return sum
}

export function counted(board: Board): { over: number; running: number; all: number } {
  const rows = [...board.rows.values()]
  const running = rows.filter(({ status }) => status === 'running').length
  const waiting = rows.filter(({ status }) => status === 'waiting').length
  return { over: rows.length - running - waiting, running, all: rows.length }
}
