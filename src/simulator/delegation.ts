// Simulated delegation: a task is split where its own words split it (lists, commas, "and"), and answers are put together
// by their beginnings. The same task always gives the same plan; nothing here knows what any of it means.
import type { Schema } from './json-for-schema.js'

type PlannedPart = { id: string; task: string; context: string; delegate: boolean }

const MOST_PARTS = 8
/** Words from which a piece is worth splitting again. */
const LARGE = 8
/** Pieces of a task that does not split by its words. */
const ASPECTS = ['what is asked and what is known', 'a proposal', 'what can go wrong and how to check']
const NUMBERS = ['two', 'three', 'four', 'five', 'six', 'seven', 'eight']
const WHOLE = ' (part of: '

/** The answer of a planning request; undefined when the schema asks for no parts with tasks. */
export function planAnswer(schema: Schema, prompt: string): unknown {
  const properties = schema.properties as Record<string, Schema> | undefined
  const part = properties?.parts?.items as Schema | undefined
  if (!(part?.properties as Record<string, Schema> | undefined)?.task) return undefined
  const [told = '', again = ''] = prompt.split('\n\nAn earlier plan was:')
  const [whole = ''] = told.split('\n\n<context>')
  const task = (whole.split(WHOLE)[0] ?? whole).trim()
  const most = wantedParts(again) ?? MOST_PARTS
  const pieces = piecesOf(task).slice(0, most)
  if (pieces.length < 2) return { parts: [], alone: 'SIMULATED: the task is too short to be split' }
  return { parts: parts(pieces, task) }
}

function piecesOf(task: string): string[] {
  const listed = task.split('\n').flatMap((line) => /^\s*(?:[-*•]|\d+[.)])\s+(.+)$/.exec(line)?.[1] ?? [])
  const pieces = listed.length >= 2 ? listed : task.split(/[,;]|\band\b|\.\s/)
  const real = [...new Set(pieces.map((piece) => piece.replace(/\s+/g, ' ').trim()))].filter(
    (piece) => piece.length > 2,
  )
  if (real.length >= 2) return real
  return task.split(/\s+/).length < LARGE / 2 ? [] : ASPECTS
}

function parts(pieces: string[], task: string): PlannedPart[] {
  const ids = new Set<string>()
  const head = task.replace(/\s+/g, ' ').slice(0, 80)
  return pieces.map((piece) => {
    const slug = slugOf(piece)
    let id = slug
    for (let more = 2; ids.has(id); more++) id = `${slug}-${more}`
    ids.add(id)
    const context = 'SIMULATED plan: made by splitting the words of the task.'
    return { id, task: `${piece}${WHOLE}${head})`, context, delegate: piece.split(' ').length >= LARGE }
  })
}

/** Whole words, as many as make a short name. */
function slugOf(piece: string): string {
  const words = piece.toLowerCase().match(/[a-z0-9]+/g) ?? ['part']
  const fitting = words.reduce((name, word) => (name.length + word.length < 20 ? `${name}-${word}` : name))
  return fitting.slice(0, 20)
}

/** "three parts", "at most 4 parts": what a person's note asks for. */
function wantedParts(again: string): number | undefined {
  const said = new RegExp(`\\b(\\d+|${NUMBERS.join('|')}) parts\\b`, 'i').exec(again.split('</plan>')[1] ?? '')?.[1]
  if (said === undefined) return undefined
  const number = /^\d+$/.test(said) ? Number(said) : NUMBERS.indexOf(said.toLowerCase()) + 2
  return Math.min(MOST_PARTS, Math.max(2, number))
}

/** The answer of an integrator; undefined for any other request. */
export function integrationOf(prompt: string, system: string): string | undefined {
  if (!/\byou integrate\b/i.test(system)) return undefined
  const found = Array.from(prompt.matchAll(/<part id="([^"]*)" status="([^"]*)">\n([\s\S]*?)\n<\/part>/g))
  const lines = found.map(([, id, status, body = '']) => {
    const answer = body.split('\n\n').slice(1).join(' ').replace(/\s+/g, ' ').trim()
    return status === 'ok' ? `- ${id}: ${answer.slice(0, 120)}` : `- ${id}: ${status}, so this is missing`
  })
  return [
    `SIMULATED integration of ${found.length} parts.`,
    lines.join('\n'),
    'No model was asked: this text repeats the beginning of every part.',
  ].join('\n\n')
}
