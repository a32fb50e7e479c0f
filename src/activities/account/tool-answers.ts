// What an agent's tools told it, out of the chain of its thread: the record, not what the model says of it.
import type { Ref } from '../../contracts/refs.js'
import type { CallDeps } from '../call/deps.js'
import { conversationAt } from '../thread/chunks.js'
import { resultBlock, toolUses } from '../thread/results.js'

export type ToolAnswer = { tool: string; text: string; isError: boolean }

/** In the order in which the model was told. */
export async function toolAnswers(
  deps: Pick<CallDeps, 'requests' | 'store'>,
  head: Ref | undefined,
): Promise<ToolAnswer[]> {
  if (head === undefined) return []
  const { chunks, contents } = await conversationAt(deps, { head })
  const names = new Map(chunks.flatMap(({ answer }) => toolUses(answer)).map(({ id, name }) => [id, String(name)]))
  return chunks
    .flatMap(({ results = [] }) => results)
    .map((result) => {
      const { content } = resultBlock(result, contents)
      return { tool: names.get(result.id) ?? '', text: textOf(content), isError: result.isError }
    })
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const blocks = Array.isArray(content) ? (content as { text?: unknown }[]) : []
  return blocks.map(({ text }) => (typeof text === 'string' ? text : '')).join('\n')
}
