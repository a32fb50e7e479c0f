// Reads lines of a text file of the workspace.
import { z } from 'zod'
import { inDirectoryOf, openRegular } from './files/anchored.js'
import { readLines } from './files/lines.js'
import type { FileSettings } from './files/settings.js'
import { workspaceOf } from './files/settings.js'
import { orRefused } from './refusal.js'
import type { Tool } from './tool.js'
import { locate } from './workspace.js'

/** Bytes of one result. */
const MAX_BYTES = 200 * 1024
const MAX_LINE = 10_000
const DEFAULT_LINES = 2000

const Input = z.strictObject({
  file_path: z.string().min(1).describe('Path of the file, absolute or from the workspace'),
  offset: z.int().min(1).optional().describe('Number of the first line, from 1'),
  limit: z.int().min(1).max(100_000).optional().describe(`Number of lines; default ${DEFAULT_LINES}`),
})

export function readTool(settings: FileSettings): Tool<z.infer<typeof Input>> {
  return {
    name: 'Read',
    description: `Reads a text file of the workspace. Each line comes with its number and a tab before it, which are no part of the file. Shows at most ${DEFAULT_LINES} lines, or ${MAX_BYTES / 1024} kB; "offset" and "limit" show others.`,
    schema: Input,
    permission: 'read',
    effect: 'read',
    subject: ({ file_path }) => file_path,
    paths: ({ file_path }) => [file_path],
    run: ({ input: { file_path, offset = 1, limit = DEFAULT_LINES }, cwd }) =>
      orRefused(file_path, async () => {
        const place = await locate(workspaceOf(cwd, settings), file_path, 'read')
        const lines = await inDirectoryOf(place, { make: false }, async (directory, name) => {
          const handle = await openRegular(directory, name, file_path)
          try {
            return await readLines(handle, file_path, {
              first: offset,
              count: limit,
              maxBytes: MAX_BYTES,
              maxLine: MAX_LINE,
            })
          } finally {
            await handle.close()
          }
        })
        if (lines.text === '') return emptiness(lines.total, offset)
        return lines.more ? `${lines.text}\n(there is more: "offset": ${lines.last + 1} shows it)` : lines.text
      }),
  }
}

function emptiness(total: number | undefined, offset: number): string {
  return total === 0 ? '(the file is empty)' : `(the file has ${total} lines: none from ${offset} on)`
}
