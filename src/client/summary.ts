// One line for lists and the Web UI that says what a run is about; clamped, because Temporal keeps 400 bytes of it.
import type { WorkflowName } from '../contracts/names.js'

const MAX_CHARACTERS = 120

/** Such as "review · src · 4 experts" or "parallel · 12 items". */
export function runSummary(workflow: WorkflowName, input: Record<string, unknown>): string {
  const about = ABOUT[workflow](input)
  const line = [workflow, ...about].join(' · ').replace(/\p{Cc}+/gu, ' ')
  return line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS - 1)}…` : line
}

function documents({ files, questions }: Record<string, unknown>): string[] {
  const named = (files as unknown[]).map(shortPath).join(' ')
  if (!Array.isArray(questions)) return [named, 'key points']
  return [named, questions.length === 1 ? String(questions[0]) : `${questions.length} questions`]
}

function delegate({ task }: Record<string, unknown>): string[] {
  return [String(task).trim().replace(/\s+/g, ' ')]
}

function review(input: Record<string, unknown>): string[] {
  const { paths, files, experts } = input
  const count = Array.isArray(experts) ? experts.length : 4
  const what = Array.isArray(paths) ? paths.map(shortPath).join(' ') : `${(files as unknown[]).length} files`
  return [what, count === 1 ? '1 expert' : `${count} experts`]
}

function parallel(input: Record<string, unknown>): string[] {
  const { items, itemsFile } = input
  if (!Array.isArray(items)) return [shortPath(itemsFile)]
  return [items.length === 1 ? '1 item' : `${items.length} items`]
}

function thread({ task, from, model }: Record<string, unknown>): string[] {
  const shown = typeof task === 'string' ? [task.trim().slice(0, 60)] : []
  return [...(from === undefined ? [] : ['a fork']), ...(model === undefined ? [] : [String(model)]), ...shown]
}

const ABOUT: Record<WorkflowName, (input: Record<string, unknown>) => string[]> = {
  parallel,
  review,
  documents,
  delegate,
  account: ({ account }) => [String(account).slice(0, 60)],
  code: ({ task, undoOf }) => [undoOf === undefined ? String(task).trim().replace(/\s+/g, ' ') : 'undo'],
  thread,
}

/** The last two parts of a path: enough to recognise it. */
function shortPath(path: unknown): string {
  return String(path).split('/').filter(Boolean).slice(-2).join('/') || String(path)
}
