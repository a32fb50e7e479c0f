// The simulated fixer: works off the findings a request lists, with the tools it offers, by plain rules over lines. It
// remembers nothing: where it is follows from the conversation, so the same conversation always gets the same next step.
import type { MessageParam } from '@anthropic-ai/sdk/resources/messages'
import { fixedLine } from './fixer-rules.js'
import { type Reply, type ReplyBlock, reply, toolUseId } from './reply.js'
import { blocksOf, type MessagesRequest, textOfBlock, toolsOf } from './request.js'

type Finding = { id: string; file: string; line: number; title: string }
type Use = { name: string; input: Record<string, unknown>; result?: { text: string; isError: boolean } }
type Ended = { id: string; fixed: boolean; note: string }

/** Undefined for a request that lists no findings or offers no tool to edit with. */
export function fixerReply(request: MessagesRequest): Reply | undefined {
  const from = request.messages.findLastIndex((message) => message.role === 'user' && taskOf(message) !== undefined)
  const task = from < 0 ? undefined : taskOf(request.messages[from] as MessageParam)
  const tool = (name: string) =>
    toolsOf(request).find((one) => one.name === name || one.name.endsWith(`__${name}`))?.name
  const [edit, read] = [tool('Edit'), tool('Read')]
  if (task === undefined || edit === undefined || read === undefined) return undefined
  const findings = findingsIn(task)
  const uses = usesIn(request.messages.slice(from + 1))
  const unread = [...new Set(findings.map(({ file }) => file))].filter((file) => !readOf(uses, read, file))
  if (unread.length > 0) return using(unread.map((file_path) => [read, { file_path }]))
  const files = new Map(findings.map(({ file }) => [file, linesOf(readOf(uses, read, file))]))
  const ended: Ended[] = []
  for (const finding of findings) {
    const step = stepFor(finding, files.get(finding.file) ?? [])
    if ('note' in step) {
      ended.push({ id: finding.id, fixed: false, note: step.note })
      continue
    }
    const done = uses.find(({ name, input }) => name === edit && input.old_string === step.input.old_string)
    if (!done) return using([[edit, step.input]])
    const failed = done.result?.isError !== false
    if (!failed) files.set(finding.file, step.lines)
    const note = failed
      ? `SIMULATED: the edit was refused: ${done.result?.text ?? 'no result'}`
      : 'SIMULATED: changed the line'
    ended.push({ id: finding.id, fixed: !failed, note })
  }
  const command = /run the tests with exactly this command: (.+)/.exec(task)?.[1]?.trim()
  const shell = tool('Bash')
  if (command !== undefined && shell !== undefined && !uses.some(({ input }) => input.command === command))
    return using([[shell, { command, description: 'Run the tests' }]])
  const structured = tool('StructuredOutput')
  const said = uses.some(({ name }) => name === structured)
  if (structured !== undefined && !said) return using([[structured, { results: ended }]])
  return reply([{ type: 'text', text: JSON.stringify({ results: ended }) }])
}

function using(calls: [name: string, input: Record<string, unknown>][]): Reply {
  const blocks = calls.map(([name, input]): ReplyBlock => {
    return { type: 'tool_use', id: toolUseId(), name, json: JSON.stringify(input) }
  })
  return reply(blocks, 'tool_use')
}

function taskOf({ content }: MessageParam): string | undefined {
  const text = blocksOf(content)
    .map((block) => (block.type === 'text' ? block.text : ''))
    .join('\n')
  return /^<findings>$/m.test(text) ? text : undefined
}

function findingsIn(task: string): Finding[] {
  const listed = /^<findings>\n([\s\S]*?)\n<\/findings>$/m.exec(task)?.[1] ?? ''
  return listed.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Finding]
    } catch {
      return []
    }
  })
}

function usesIn(messages: MessageParam[]): Use[] {
  const results = new Map<string, Use['result']>()
  const uses: (Use & { id: string })[] = []
  for (const block of messages.flatMap(({ content }) => blocksOf(content))) {
    if (block.type === 'tool_use')
      uses.push({ id: block.id, name: block.name, input: block.input as Record<string, unknown> })
    if (block.type === 'tool_result')
      results.set(block.tool_use_id, { text: textOfBlock(block), isError: block.is_error ?? false })
  }
  return uses.map(({ id, ...use }) => ({ ...use, ...(results.has(id) && { result: results.get(id) }) }))
}

function readOf(uses: Use[], read: string, file: string): Use | undefined {
  return uses.find(({ name, input }) => name === read && input.file_path === file)
}

/** Each line comes with its number and a tab before it. */
function linesOf(use: Use | undefined): string[] {
  if (!use?.result || use.result.isError) return []
  return use.result.text.split('\n').flatMap((row) => (/^\s*\d+\t/.test(row) ? [row.slice(row.indexOf('\t') + 1)] : []))
}

type Step = { note: string } | { input: Record<string, string>; lines: string[] }

function stepFor({ file, line, title }: Finding, lines: string[]): Step {
  const before = lines[line - 1]
  if (before === undefined) return { note: `SIMULATED: ${file} has no line ${line}` }
  const after = fixedLine(title, before)
  if (after === undefined || after === before) return { note: 'SIMULATED: there is no rule for this' }
  // With as many lines before it as make it unique.
  for (let above = 0; above < line; above++) {
    const start = line - 1 - above
    const old = lines.slice(start, line).join('\n')
    if (lines.join('\n').split(old).length > 2) continue
    const now = [...lines.slice(start, line - 1), after].join('\n')
    const input = { file_path: file, old_string: old, new_string: now }
    return { input, lines: [...lines.slice(0, line - 1), after, ...lines.slice(line)] }
  }
  return { note: 'SIMULATED: the line is there more than once' }
}
