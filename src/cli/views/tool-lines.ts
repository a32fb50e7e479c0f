// An agent's use of a tool in a line or two: what it does when it starts, what came of it when it ends.
import type { ToolState } from '../../contracts/messages.js'
import { printable } from '../output.js'

const HEAD_CHARACTERS = 120

/** What there is to tell now. A question is put by itself. */
export function toolLines({ summary, status, head = '', ms }: ToolState): string[] {
  const took = ms === undefined ? '' : ` (${ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`})`
  const said = head.trim() === '' ? '' : `: ${cut(printable(head.trim()))}`
  switch (status) {
    case 'asked':
      return [`? ${printable(summary)}`]
    case 'running':
      return [`→ ${printable(summary)}`]
    case 'done':
      return [`✓ ${printable(summary)}${took}${said}`]
    case 'error':
      return [`✗ ${printable(summary)}${took}${said}`]
    case 'refused':
      return [`✗ ${printable(summary)}, not run${said}`]
    case 'interrupted':
      return [`■ ${printable(summary)}, stopped${said}`]
    case 'unknown':
      return [`! ${printable(summary)}: nobody knows whether it was done`]
  }
}

function cut(text: string): string {
  return text.length > HEAD_CHARACTERS ? `${text.slice(0, HEAD_CHARACTERS - 1)}…` : text
}
