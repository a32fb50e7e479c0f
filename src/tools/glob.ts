// Finds files of the workspace by their names.
import { z } from 'zod'
import { type FileSettings, workspaceOf } from './files/settings.js'
import { orRefused } from './refusal.js'
import { listFiles } from './search/list-files.js'
import type { Tool } from './tool.js'
import { locate } from './workspace.js'

const SHOWN = 1000

const Input = z.strictObject({
  pattern: z.string().min(1).max(1000).describe('Such as "src/**/*.ts"'),
  path: z.string().min(1).optional().describe('Directory to search in; default: the workspace'),
})

export function globTool(settings: Pick<FileSettings, 'hidden'>): Tool<z.infer<typeof Input>> {
  return {
    name: 'Glob',
    description: `Finds files of the workspace by a pattern of their paths, newest first, at most ${SHOWN}. node_modules and .git are left out.`,
    schema: Input,
    permission: 'read',
    effect: 'read',
    subject: ({ pattern }) => pattern,
    paths: ({ path = '.' }) => [path],
    run: ({ input: { pattern, path = '.' }, cwd, signal }) =>
      orRefused(path, async () => {
        const workspace = workspaceOf(cwd, settings)
        const start = await locate(workspace, path, 'read')
        const found = await listFiles(workspace, start, { pattern, signal })
        if (found.length === 0) return '(no file)'
        found.sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs)
        const shown = found.slice(0, SHOWN).map(({ parts }) => parts.join('/'))
        const more = found.length - shown.length
        return [...shown, ...(more > 0 ? [`(and ${more} more: narrow the pattern)`] : [])].join('\n')
      }),
  }
}
