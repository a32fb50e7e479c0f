// The simulated fixer: works off the findings a request lists, with the tools it offers, by plain rules over lines. It
// remembers nothing: where it is follows from the conversation, so the same conversation always gets the same next step.
import type { MessageParam } from '@anthropic-ai/sdk/resources/messages'
import { fixedLine } from './fixer-rules.js'
import type { Reply } from './reply.js'
import { blocksOf, type MessagesRequest } from './request.js'
import { concluding, linesOf, offeredTool, readOf, usesIn, using } from './tool-uses.js'

type Finding = { id: string; file: string; line: number; title: string }
type Ended = { id: string; fixed: boolean; note: string }

/** Undefined for a request that lists no findings or offers no tool to edit with. */
export function fixerReply(request: MessagesRequest): Reply | undefined {
  const from = request.messages.findLastIndex((message) => message.role === 'user' && taskOf(message) !== undefined)
  const task = from < 0 ? undefined : taskOf(request.messages[from] as MessageParam)
  const tool = (name: string) => offeredTool(request, name)
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
  return concluding(request, uses, { results: ended })
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
