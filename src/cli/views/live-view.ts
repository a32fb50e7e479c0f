// For a terminal: one line per agent, redrawn in place. What is over scrolls out of the way when there are more agents
// than lines; those at work stay in sight.
import { createLogUpdate } from 'log-update'
import type { RunEvent } from '../../client/run-event.js'
import { type Colours, colours, printable } from '../output.js'
import { type Board, counted, newBoard, note, type Row, secondsOf, spent } from './board.js'
import { dollars } from './money.js'
import { textLines } from './text-lines.js'
import { toolLines } from './tool-lines.js'
import type { View } from './view.js'

const REDRAW_MS = 200

export function liveView(stream: NodeJS.WriteStream): View {
  const board = newBoard()
  const colour = colours(stream)
  const update = createLogUpdate(stream)
  const texts = textLines(colour, stream.columns ?? 80)
  const draw = () => update(drawn(board, colour, stream.rows ?? 24, stream.columns ?? 80))
  let timer: NodeJS.Timeout | undefined
  const rest = () => {
    if (!timer) return // nothing was shown since: what was said meanwhile stays last
    clearInterval(timer)
    timer = undefined
    draw()
    update.done()
  }
  const show = (event: RunEvent) => {
    note(board, event)
    timer ??= setInterval(draw, REDRAW_MS)
    if (event.type === 'log') update.persist(printable(event.line))
    if (event.type === 'tool') for (const line of toolLines(event.tool)) update.persist(`  ${line}`)
    // Above the lines of the agents, where it scrolls away like any text.
    if (event.type === 'text') for (const line of texts.take(event)) update.persist(line)
    if (event.type === 'item') for (const line of texts.rest(event.item.id)) update.persist(line)
    if (event.type === 'end') for (const line of texts.rest()) update.persist(line)
    if (event.type === 'warning') update.persist(colour.yellow(printable(`warning: ${event.message}`)))
    if (event.type === 'refused') {
      update.persist(colour.yellow(printable(`refused: ${event.message}: ${event.reason}`)))
    }
    draw()
  }
  return { show, rest, close: rest }
}

const ORDER: Row['status'][] = ['running', 'error', 'interrupted', 'skipped', 'ok', 'waiting']

export function drawn(board: Board, colour: Colours, height: number, width: number): string {
  const room = Math.max(3, height - 4)
  const rows = [...board.rows.values()]
  const shown = rows.length <= room ? rows : mostTelling(rows, room)
  const ids = Math.max(0, ...shown.map(({ id }) => id.length))
  const lines = shown.map((row) => rowLine(row, Math.min(ids, 32), colour, width))
  if (shown.length < rows.length) lines.push(colour.dim(`  … and ${rows.length - shown.length} more`))
  return [headLine(board, colour), ...lines].join('\n')
}

function mostTelling(rows: Row[], room: number): Row[] {
  const rank = ({ status }: Row) => ORDER.indexOf(status)
  return [...rows].sort((a, b) => rank(a) - rank(b)).slice(0, room)
}

function headLine(board: Board, colour: Colours): string {
  const { over, running, all } = counted(board)
  const counts = all === 0 ? [] : [`${over}/${all} done`, `${running} running`, dollars(spent(board))]
  return [colour.bold(board.status ?? 'starting'), board.title, ...counts].filter(Boolean).join(' · ')
}

function rowLine(row: Row, ids: number, colour: Colours, width: number): string {
  const id = row.id.length > ids ? `${row.id.slice(0, ids - 1)}…` : row.id.padEnd(ids)
  const numbers = [`${row.tokens} tokens`.padStart(13), secondsOf(row).padStart(7), dollars(row.usd).padStart(10)]
  const plain = `  x ${id} ${row.status.padEnd(11)} ${numbers.join(' ')}  `
  const tail = row.lastLine.slice(0, Math.max(0, width - plain.length - 1))
  return `  ${mark(row.status, colour)} ${id} ${row.status.padEnd(11)} ${numbers.join(' ')}  ${colour.dim(tail)}`
}

function mark(status: Row['status'], colour: Colours): string {
  switch (status) {
    case 'ok':
      return colour.green('✓')
    case 'error':
      return colour.red('✗')
    case 'interrupted':
      return colour.yellow('■')
    case 'running':
      return colour.cyan('●')
    case 'waiting':
    case 'skipped':
      return colour.dim('·')
  }
}
