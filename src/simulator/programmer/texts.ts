// How a coding run talks to its planner and its programmers, as far as the simulated ones must understand it.
import type { MessageParam } from '@anthropic-ai/sdk/resources/messages'
import { blocksOf, type MessagesRequest } from '../request.js'
import { parsed } from '../tool-talk.js'
import { VICES, type Vice } from './program.js'

export type Assignment = { agent: string; task: string; files: string[]; criteria: string[] }
export type Again = { by: 'person' | 'tests' | 'failure'; note: string }

/** What stands between the first <name> and its end, each on a line of its own. */
export function blockOf(text: string, name: string): string | undefined {
  return new RegExp(`^<${name}>\\n([\\s\\S]*?)\\n</${name}>$`, 'm')
    .exec(text)?.[1]
    ?.replaceAll(`<\\/${name}>`, `</${name}>`)
}

/** What a user message says, tool results apart. */
export function textOf({ role, content }: MessageParam): string {
  if (role !== 'user') return ''
  return blocksOf(content)
    .map((block) => (block.type === 'text' ? block.text : ''))
    .join('\n')
}

/** The last message that says something with this block in it, and all that came after. */
export function lastWith(
  { messages }: MessagesRequest,
  name: string,
): { text: string; after: MessageParam[] } | undefined {
  const from = messages.findLastIndex((message) => blockOf(textOf(message), name) !== undefined)
  const message = messages[from]
  return message && { text: textOf(message), after: messages.slice(from + 1) }
}

export function assignmentIn(text: string): Assignment | undefined {
  const json = parsed(blockOf(text, 'assignment') ?? '') as Partial<Assignment> | undefined
  if (typeof json?.task !== 'string' || !Array.isArray(json.files) || !Array.isArray(json.criteria)) return undefined
  return { agent: String(json.agent), task: json.task, files: json.files, criteria: json.criteria }
}

/** Only behind the assignment: a request may say anything. */
export function againIn(text: string): Again | undefined {
  const tail = text.slice(text.indexOf('\n</assignment>'))
  const note = blockOf(tail, 'note')
  if (note === undefined) return undefined
  if (/^You have worked on it already.* the tests fail:$/m.test(tail)) return { by: 'tests', note }
  return { by: /^You have worked on it already.* A person /m.test(tail) ? 'person' : 'failure', note }
}

/** "SIMULATED: agent 2 breaks a test": what a request makes the nth agent of its plan do. */
export function viceIn(request: string, agent: number): Vice | undefined {
  const said = Array.from(request.matchAll(/\bSIMULATED: agent (\d+) ([a-z ]+)/g))
  const what = said.find(([, number]) => Number(number) === agent)?.[2]
  return what === undefined ? undefined : VICES.find((vice) => what.startsWith(vice))
}

/** Lines below "Requirements:". */
export function constraintsIn(request: string): string[] {
  const listed = /^\s*(?:requirements|constraints)[^\n]*:\s*\n((?:\s*[-*•][^\n]*\n?)+)/im.exec(request)?.[1] ?? ''
  return listed.split('\n').flatMap((line) => /^\s*[-*•]\s+(.+?)["”]?\s*$/.exec(line)?.[1] ?? [])
}

/** Agents a request asks for: "One agent for types", "- One for tests". */
export function splitIn(request: string): string[] {
  return request.split('\n').flatMap((line) => {
    return /^\s*(?:[-*•]\s*)?(?:one|an) (?:agent )?for (?:the )?(.+?)["”.]?\s*$/i.exec(line)?.[1] ?? []
  })
}
