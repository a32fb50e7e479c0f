// A model's wish to use a tool: what it is while it is thought about, and whether it makes sense at all.
import type { Verdict } from '../../../contracts/agent.js'
import type { ContentBlock } from '../../../contracts/conversation.js'
import { isTooDeep, MAX_NESTING } from '../../../contracts/nesting.js'
import type { Root } from '../../../contracts/refs.js'
import { explain } from '../../../contracts/schemas/explain.js'
import type { Tool } from '../../../tools/tool.js'
import { findLoneSurrogate } from '../../prepare/parse.js'
import type { StoredAgent } from '../definition/stored-agent.js'
import type { Toolbox } from '../definition/toolbox.js'

export type Judging = {
  root: Root
  /** Of the execution. */
  run: string
  /** Of the model call. */
  step: string
  stored: StoredAgent
  blocks: ContentBlock[]
  /** A person's arguments instead of the model's: only this block is judged. */
  edited?: { id: string; input: unknown }
  signal: AbortSignal
}

/** A tool that is there, with arguments that fit it. */
export type Wish = { id: string; tool: Tool; input: unknown; toolbox: Toolbox }
/** `input`: what a hook or a handler made of the arguments, where it did. */
export type Judged = { verdict: Verdict; changed?: { input: unknown } }

/** Why the arguments do not fit the tool. */
export function misfitOf(tool: Tool, input: unknown): string | undefined {
  if (isTooDeep(input)) return `input: is nested too deep; wanted at most ${MAX_NESTING} levels`
  const half = findLoneSurrogate(input, [])
  if (half) return `${half}: has half a surrogate pair, which is no text`
  const parsed = tool.schema.safeParse(input)
  return parsed.success ? undefined : explain(parsed.error, input)
}
