// One run of a tool of an agent that owns files: what it does to others' is put back, and the model is told. A command
// that cannot be watched is not run.
import { RepositoryError } from '../../../git/code/repository-error.js'
import { listOwned, shownFrom } from '../../../tools/owned.js'
import { fileError } from '../../../tools/refusal.js'
import type { Tool, ToolOutput } from '../../../tools/tool.js'
import { type Performance, type Performed, performTool } from './perform.js'
import { beginWatch, type Watch, type Watching } from './watch.js'

/** Whether what it does to files is seen only afterwards. */
export const isWatched = ({ permission }: Pick<Tool, 'permission'>) =>
  permission === 'execute' || permission === 'other'

const SHOWN = 20

export async function performWatched(
  performance: Performance,
  tool: Pick<Tool, 'name' | 'permission'>,
  watching: Watching,
): Promise<Performed> {
  const { owns, workspace } = watching
  let watch: Watch | undefined
  try {
    watch = await beginWatch(watching)
  } catch (error) {
    return refused(`${tool.name} was not run: ${reasonOf(error)}`)
  }
  if (watch) return ended(await performTool(performance), watch)
  if (tool.permission !== 'execute') return performTool(performance)
  return refused(
    `permission denied: ${tool.name} cannot be watched, because the workspace is no git work tree; you own ${listOwned(owns, workspace)} alone`,
  )

  async function ended(performed: Performed, { end }: Watch): Promise<Performed> {
    try {
      const names = await end()
      return names.length === 0 ? performed : withNote(performed, noteOf(names, workspace))
    } catch (error) {
      return withNote(performed, `(what is not yours could not be looked after: ${reasonOf(error)})`)
    }
  }
}

/** Of git and of the file system; anything else is a fault of ours. */
function reasonOf(error: unknown): string {
  const reason = error instanceof RepositoryError ? error.message : fileError(error)
  if (reason === undefined) throw error
  return reason
}

function noteOf(names: string[], workspace: string): string {
  const shown = names.slice(0, SHOWN).map((name) => shownFrom(workspace, `${workspace}/${name}`))
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return `(put back, because they are not yours: ${shown.join(', ')}${more})`
}

const refused = (text: string): Performed => ({ kind: 'output', output: withText([], text) })

function withNote(performed: Performed, note: string): Performed {
  switch (performed.kind) {
    case 'output':
      return { ...performed, output: noted(performed.output, note) }
    case 'threw':
    case 'unsure':
      return { ...performed, error: `${performed.error} ${note}` }
    case 'timedOut':
    case 'stopped':
      return performed.output === undefined ? performed : { ...performed, output: noted(performed.output, note) }
    default:
      return performed satisfies never
  }
}

function noted(output: ToolOutput, note: string): ToolOutput {
  if (typeof output !== 'string') return withText(output.content, note)
  return withText([], `${output}\n${note}`)
}

function withText(content: Exclude<ToolOutput, string>['content'], text: string): ToolOutput {
  return { content: [...content, { type: 'text', text }], isError: true }
}
