// A result as people read it: the report of a review, the answer of documents or of a delegation, what a person's own
// workflow returned, or every item's answer under its name.
import type { DelegateResult } from '../../contracts/delegate.js'
import type { DocumentsResult } from '../../contracts/documents.js'
import type { ItemResult, ReviewResult, RunResult } from '../../contracts/outcome.js'
import { isTextRef, type Text } from '../../contracts/refs.js'

/** Markdown. Large texts must have been resolved; a ref that is left is shown as such. */
export function markdownOf(result: RunResult): string {
  const whole = (result as ReviewResult).report ?? (result as DocumentsResult | DelegateResult).answer
  if (whole !== undefined) return shown(whole)
  if ('output' in result) return returned(result.output)
  if (result.items.length === 1) return answer(result.items[0]!)
  return result.items.map((item) => `## ${item.id}\n\n${answer(item)}`).join('\n\n')
}

function answer(item: ItemResult): string {
  if (item.text !== undefined) return shown(item.text)
  const why = item.error ? `${item.status}: ${item.error.type}: ${item.error.message}` : item.status
  return item.partial === undefined ? `*${why}*` : `*${why}; what had arrived:*\n\n${shown(item.partial)}`
}

function returned(output: unknown): string {
  return typeof output === 'string' ? output : `\`\`\`json\n${JSON.stringify(output, undefined, 2)}\n\`\`\``
}

function shown(text: Text): string {
  if (!isTextRef(text)) return text
  return `${text.head}…\n\n*(${text.bytes} bytes, kept as ${text.ref}, which this machine's store does not have)*`
}
