// The simulated programmer: reads what it builds upon, brings its files to what its program says, one a step, and reports.
// It remembers nothing: where it is follows from the conversation, so the same conversation always gets the same next step.
import { type Reply, reply } from '../reply.js'
import type { MessagesRequest } from '../request.js'
import { concluding, linesOf, offeredTool, readOf, type Use, usesIn, using } from '../tool-uses.js'
import { applied, changeOf } from './change.js'
import { type Intention, intentionOf } from './intention.js'
import type { Program } from './program.js'
import { type Assignment, againIn, assignmentIn, blockOf, lastWith, textOf } from './texts.js'

const VERIFY = /^Verify your work now\b/m
/** What an agent that writes outside its files tries. */
const OUTSIDE = 'SIMULATED-outside.txt'

/** Undefined for a conversation without an assignment. */
export function programmerReply(request: MessagesRequest, programs: Program[]): Reply | undefined {
  const last = lastWith(request, 'assignment')
  const assignment = last && assignmentIn(last.text)
  if (!assignment) return undefined
  const asked = blockOf(last.text, 'request') ?? ''
  const again = againIn(last.text)
  const program = programs.find(({ fits }) => fits(asked))
  const intention = intentionOf({ assignment, request: asked, ...(program && { program }), ...(again && { again }) })
  if (intention.refuses) return refusal(assignment)
  const verifying = last.after.findLastIndex((message) => VERIFY.test(textOf(message)))
  const uses = usesIn(last.after.slice(verifying + 1))
  const turn: Turn = { request, assignment, intention, uses, files: assignment.files }
  // As if it had never known of the rest.
  if (intention.half) turn.files = assignment.files.slice(0, Math.floor(assignment.files.length / 2))
  const step = request.tool_choice?.type === 'none' ? undefined : verifying < 0 ? nextStep(turn) : nextLook(turn)
  return step ?? concluding(request, uses, reportOf(turn))
}

type Turn = {
  request: MessagesRequest
  assignment: Assignment
  intention: Intention
  /** Of this turn. */
  uses: Use[]
  /** Those it works on. */
  files: string[]
}

function nextStep({ request, intention, uses, files }: Turn): Reply | undefined {
  const { reads, outside, existing, wanted } = intention
  const [read, write] = [offeredTool(request, 'Read'), offeredTool(request, 'Write')]
  const first = [...new Set([...reads, ...files.filter(existing)])].filter((file) => !readOf(uses, read, file))
  if (read !== undefined && first.length > 0) return using(first.map((file_path) => [read, { file_path }]))
  if (write !== undefined && outside && !uses.some((use) => isChange(use, OUTSIDE)))
    return using([[write, { file_path: OUTSIDE, content: 'SIMULATED: this is not my file\n' }]])
  for (const file of files) {
    const found = readOf(uses, read, file)
    const before = found?.result && !found.result.isError ? textIn(found) : undefined
    const changes = uses.filter((use) => isChange(use, file))
    if (changes.some(({ result }) => result?.isError !== false)) continue
    const now = changes.reduce<string | undefined>((text, { input }) => applied(text, input), before)
    const change = changeOf(file, now, wanted(file, before))
    const tool = change && offeredTool(request, change.tool)
    if (change && tool !== undefined) return using([[tool, change.input]])
  }
  return undefined
}

/** The files as they are on disk, and the commands of its program: all at once. */
function nextLook({ request, intention, uses, files }: Turn): Reply | undefined {
  const [read, bash] = [offeredTool(request, 'Read'), offeredTool(request, 'Bash')]
  const unread = read === undefined ? [] : files.filter((file) => !readOf(uses, read, file))
  const unrun = intention.commands.filter((command) => bash !== undefined && !uses.some(runs(command)))
  if (unread.length + unrun.length === 0) return undefined
  return using([
    ...unread.map((file_path): [string, Record<string, unknown>] => [read ?? '', { file_path }]),
    ...unrun.map((command): [string, Record<string, unknown>] => [
      bash ?? '',
      { command, description: 'Check the work' },
    ]),
  ])
}

/** Met is what stands in files that are there, in none whose change was refused; what a vice left out is not. */
function reportOf({ assignment, intention, uses, files }: Turn): object {
  const bad = files.flatMap((file) => {
    const own = uses.filter(({ input }) => input.file_path === file)
    const changes = own.filter((use) => isChange(use, file))
    const refused = (changes.length > 0 ? changes : own).find(({ result }) => result?.isError)
    return refused ? [`${file}: ${refused.result?.text.split('\n')[0]}`] : []
  })
  const failing = intention.commands.find((command) => uses.find(runs(command))?.result?.isError)
  if (failing !== undefined) bad.push(`it fails: ${failing}`)
  const left = assignment.files.filter((file) => !files.includes(file))
  const shown = [...intention.commands.filter((command) => uses.some(runs(command))), ...files]
  const count = assignment.criteria.length
  return {
    work: `SIMULATED: ${left.length > 0 ? 'stopped half way' : 'done'}: ${files.join(', ') || 'nothing yet'}`,
    criteria: assignment.criteria.map((criterion, index) => {
      const why =
        bad[0] ?? (left.length > 0 && index >= Math.floor(count / 2) ? `not yet there: ${left.join(', ')}` : '')
      return { criterion, met: why === '', shown: why || shown[index % shown.length] || 'nothing' }
    }),
  }
}

const runs =
  (command: string) =>
  ({ input }: Use) =>
    input.command === command
const isChange = ({ input }: Use, file: string) =>
  input.file_path === file && ('content' in input || 'old_string' in input)

/** Every file of a program ends with a line's end; how a read one ends is not told. */
function textIn(use: Use): string {
  const lines = linesOf(use)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function refusal({ agent }: Assignment): Reply {
  const text = `SIMULATED: ${agent} does not do this.`
  return {
    ...reply([{ type: 'text', text }], 'refusal'),
    stopDetails: { type: 'refusal', category: null, explanation: null },
  }
}
