// Texts of several agents as lines that say whose they are: whole lines only, so that agents who write at once never tear
// each other's.
import type { RunEvent } from '../../client/run-event.js'
import { type Colours, printable } from '../output.js'

export type TextLines = {
  /** The lines that are whole now. */
  take(event: Extract<RunEvent, { type: 'text' }>): string[]
  /** What is left of an agent that is done, or of all. */
  rest(item?: string): string[]
}

const PAINTS = ['cyan', 'magenta', 'green', 'blue', 'yellow', 'red'] as const

/** @param width longer lines are broken at a space, so that one is seen growing; without it they stay whole. */
export function textLines(colour: Colours, width = Number.POSITIVE_INFINITY): TextLines {
  const open = new Map<string, { paint: (typeof PAINTS)[number]; buffer: string; any: boolean }>()
  const labelled = (item: string, line: string) => {
    const paint = open.get(item)?.paint ?? 'cyan'
    return `${colour[paint](`[${printable(item)}]`)} ${printable(line)}`
  }
  const agentOf = (item: string) => {
    const agent = open.get(item) ?? { paint: PAINTS[open.size % PAINTS.length] ?? 'cyan', buffer: '', any: false }
    open.set(item, agent)
    return agent
  }
  return {
    take({ item: id, turn, text, reset }) {
      const item = id === '' ? `turn ${turn}` : id
      const agent = agentOf(item)
      const lines: string[] = []
      if (reset && (agent.any || agent.buffer !== '')) lines.push(labelled(item, '— begins again —'))
      if (reset) agent.buffer = ''
      const parts = (agent.buffer + text).split('\n')
      agent.buffer = parts.pop() ?? ''
      const room = Math.max(20, width - item.length - 4)
      const whole = parts.flatMap((part) => broken(part, room))
      const last = broken(agent.buffer, room)
      agent.buffer = last.pop() ?? ''
      agent.any ||= whole.length + last.length > 0
      const told = [...whole, ...last].filter((line) => line.trim() !== '')
      return [...lines, ...told.map((line) => labelled(item, line))]
    },
    rest(done) {
      const left = [...open].filter(([item, { buffer }]) => buffer !== '' && (done === undefined || item === done))
      const lines = left.map(([item, { buffer }]) => labelled(item, buffer))
      for (const [, agent] of left) agent.buffer = ''
      return lines
    },
  }
}

function broken(line: string, room: number): string[] {
  const lines: string[] = []
  let left = line
  while (left.length > room) {
    const space = left.lastIndexOf(' ', room)
    const at = space > 0 ? space : room
    lines.push(left.slice(0, at))
    left = left.slice(space > 0 ? at + 1 : at)
  }
  return [...lines, left]
}
