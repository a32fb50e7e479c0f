// A conversation as people read it: what was said under a mark, the answer below it.
import type { Turn } from '../../client/thread/conversation.js'
import type { Content } from '../../contracts/conversation.js'

/** Lines of a turn; how it ended, unless well. */
export function turnLines(turn: Turn): string[] {
  return [...said(turn.sent), ...used(turn), ...answered(turn), '']
}

/** What a person sent, as text; other blocks by their kind. */
export function contentText(content: Content): string {
  if (typeof content === 'string') return content
  return content.map((block) => (block.type === 'text' ? String(block.text) : `[${block.type}]`)).join('\n')
}

function said(content: Content): string[] {
  return contentText(content)
    .trimEnd()
    .split('\n')
    .map((line, at) => `${at === 0 ? '›' : ' '} ${line}`)
}

/** Of an agent: what it asked for on the way. */
function used({ tools = [] }: Turn): string[] {
  if (tools.length === 0) return []
  const counts = new Map<string, number>()
  for (const tool of tools) counts.set(tool, (counts.get(tool) ?? 0) + 1)
  return [`(tools: ${Array.from(counts, ([tool, count]) => (count > 1 ? `${tool} × ${count}` : tool)).join(', ')})`]
}

function answered({ status, text, error }: Turn): string[] {
  const lines = text === undefined || text === '' ? [] : [text.trimEnd()]
  switch (status) {
    case 'ok':
      return lines
    case 'interrupted':
      return [...lines, '(interrupted)']
    case 'error':
      return [...lines, `(failed: ${error ? `${error.type}: ${error.message}` : 'no reason was kept'})`]
    case 'running':
      return ['(is being answered)']
    case 'waiting':
      return ['(waits)']
  }
}
