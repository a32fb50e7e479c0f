// For logs and pipes: a line when something begins or ends, and now and then one that shows an agent is alive.
import type { RunEvent } from '../../client/run-event.js'
import { colours, printable, say } from '../output.js'
import { newBoard, note, type Row, secondsOf } from './board.js'
import { dollars } from './money.js'
import { textLines } from './text-lines.js'
import { toolLines } from './tool-lines.js'
import type { View } from './view.js'

const EACH_MS = 2000 // an agent's progress at most this often
const MANY = 50 // of so many items only the ends are told

export function plainView(): View {
  const board = newBoard()
  const told = new Map<string, number>()
  const progress = (row: Row) => {
    const now = Date.now()
    const last = told.get(row.id)
    if (board.rows.size > MANY || (last !== undefined && now - last < EACH_MS)) return
    told.set(row.id, now)
    const started = row.model === '' ? 'started' : `started (${row.model})`
    say(`  ${row.id}: ${last === undefined ? started : `${row.tokens} tokens${quoted(row)}`}`)
  }
  const texts = textLines(colours(process.stderr))
  // Its own lines say more of its agents.
  let code = false
  const show = (event: RunEvent) => {
    const row = note(board, event)
    if (event.type === 'status') code = event.report.workflow === 'code'
    if (code && (event.type === 'progress' || event.type === 'item')) return
    if (event.type === 'status') say(statusLine(event))
    else if (event.type === 'log') say(printable(event.line))
    else if (event.type === 'tool') for (const line of toolLines(event.tool)) say(`  ${line}`)
    else if (event.type === 'progress') progress(row!)
    else if (event.type === 'item') {
      for (const line of texts.rest(event.item.id)) say(line)
      say(`  ${endLine(row!)}`)
    } else if (event.type === 'warning') say(`warning: ${event.message}`)
    else if (event.type === 'text') for (const line of texts.take(event)) say(line)
    else if (event.type === 'end') for (const line of texts.rest()) say(line)
    else if (event.type === 'refused') say(`refused: ${event.message}: ${event.reason}`)
  }
  return { show, rest: () => undefined, close: () => undefined }
}

const quoted = ({ lastLine }: Row) => (lastLine === '' ? '' : `  "${lastLine.slice(0, 80)}"`)

function statusLine({ status, report }: Extract<RunEvent, { type: 'status' }>): string {
  return report.title && status !== 'preparing' ? `${status}: ${report.title}` : status
}

export function endLine(row: Row): string {
  const parts = [`${row.id}: ${row.status}`, `${row.tokens} tokens`, secondsOf(row), dollars(row.usd)]
  return parts.filter((part) => part !== '').join(' · ')
}
