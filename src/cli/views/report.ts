// A result as people read it: the report of a review, the answer of documents or of a delegation, what a person's own
// workflow returned, or every item's answer under its name.
import type { CodeResult } from '../../contracts/code.js'
import type { DelegateResult } from '../../contracts/delegate.js'
import type { DocumentsResult } from '../../contracts/documents.js'
import type { ItemResult, ReviewResult, RunResult } from '../../contracts/outcome.js'
import { isTextRef, type Text } from '../../contracts/refs.js'

/** Markdown. Large texts must have been resolved; a ref that is left is shown as such. */
export function markdownOf(result: RunResult): string {
  const { report } = result as ReviewResult
  if (report !== undefined) return [shown(report), ...fixed(result as ReviewResult)].join('\n\n')
  const { summary } = result as CodeResult
  if (summary !== undefined) return shown(summary)
  const { answer: whole } = result as DocumentsResult | DelegateResult
  if (whole !== undefined) return shown(whole)
  if ('output' in result) return returned(result.output)
  if (result.items.length === 1) return answer(result.items[0]!)
  return result.items.map((item) => `## ${item.id}\n\n${answer(item)}`).join('\n\n')
}

/** What became of the findings, and the changes, as they are there or were undone. */
function fixed({ fixes, changes }: ReviewResult): string[] {
  if (!fixes) return []
  const rows = fixes.map(
    ({ id, file, line, title, status, note }) =>
      `- **${status}** ${id} \`${file}:${line}\` ${title}${note === undefined ? '' : ` (${note})`}`,
  )
  const counts = (['fixed', 'refused', 'failed'] as const).map(
    (status) => `${fixes.filter((one) => one.status === status).length} ${status}`,
  )
  const diff = changes && [
    `### Changes in ${changes.workspace}${changes.kept ? '' : ' (undone)'}`,
    `\`\`\`diff\n${shown(changes.diff).trimEnd()}\n\`\`\``,
  ]
  return [`## Fixes\n\n${counts.join(', ')}.`, ...(rows.length > 0 ? [rows.join('\n')] : []), ...(diff ?? [])]
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
