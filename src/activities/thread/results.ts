// What the tools of a step gave, as the next step is told: every tool the model asked for has its result, in the model's
// order, also those that nobody ran, because the API refuses a conversation in which one is missing.
import { MAX_CALLS_OF_STEP, type ToolResult } from '../../contracts/agent.js'
import type { Chunk, ContentBlock } from '../../contracts/conversation.js'
import { isTextRef, type Ref, type Root } from '../../contracts/refs.js'
import type { CallDeps } from '../call/deps.js'

/** What a tool gave, by the ref it is kept under. */
export type Contents = Map<Ref, string | ContentBlock[]>

export const NOT_RUN = 'This tool was not run.'

/** @param last the chunk whose answer asked for the tools. */
export function completeResults(last: Chunk | undefined, given: ToolResult[] = []): ToolResult[] {
  const byId = new Map(given.map((result) => [result.id, result]))
  return toolUses(last?.answer).map(({ id }, index): ToolResult => {
    const known = byId.get(String(id))
    return known ?? { id: String(id), isError: true, content: { text: whyNotRun(last, index) } }
  })
}

export function toolUses(answer: ContentBlock[] = []): ContentBlock[] {
  return answer.filter((block) => block.type === 'tool_use')
}

/** Not more than one answer may have, and each id once: results name the call they belong to. */
export function callsToJudge(answer: ContentBlock[] | undefined): ContentBlock[] {
  const uses = toolUses(answer).slice(0, MAX_CALLS_OF_STEP)
  return uses.filter(({ id }, index) => uses.findIndex((use) => use.id === id) === index)
}

function whyNotRun(last: Chunk | undefined, index: number): string {
  switch (last?.stopReason) {
    case 'max_tokens':
      return `${NOT_RUN} Your answer was cut at the most tokens it may have, so its arguments may be incomplete: ask again, with less.`
    case 'model_context_window_exceeded':
      return `${NOT_RUN} Your answer was cut because the context is full, so its arguments may be incomplete: ask again.`
    case 'tool_use':
      if (index >= MAX_CALLS_OF_STEP)
        return `${NOT_RUN} One answer may use at most ${MAX_CALLS_OF_STEP} tools: ask again for what is still needed.`
  }
  return NOT_RUN
}

export function resultBlock({ id, isError, content }: ToolResult, contents: Contents): ContentBlock {
  const said = 'ref' in content ? contents.get(content.ref) : whole(content.text, contents)
  return { type: 'tool_result', tool_use_id: id, ...(isError && { is_error: true }), content: said ?? '' }
}

function whole(text: Extract<ToolResult['content'], { text: unknown }>['text'], contents: Contents) {
  return isTextRef(text) ? contents.get(text.ref) : text
}

/** Reads what these results are kept as. Throws StorageError. */
export async function readContents(
  { requests, store }: Pick<CallDeps, 'requests' | 'store'>,
  results: ToolResult[],
  contents: Contents = new Map(),
): Promise<Contents> {
  await Promise.all(
    results.map(async ({ content }) => {
      if ('ref' in content) {
        if (!contents.has(content.ref)) contents.set(content.ref, await requests.json<ContentBlock[]>(content.ref))
      } else if (isTextRef(content.text) && !contents.has(content.text.ref))
        contents.set(content.text.ref, await store.text(content.text.ref))
    }),
  )
  return contents
}

/** A child's answer is its own run's: kept under this one, too, it stays as long as the conversation does. */
export async function adopt({ store }: Pick<CallDeps, 'store'>, root: Root, results: ToolResult[]): Promise<void> {
  for (const { content } of results) {
    if ('text' in content && isTextRef(content.text)) await store.put(root, await store.text(content.text.ref))
  }
}
