// Writes a whole file of the workspace. After a crash its check says whether this call did it: written again blindly, it
// would undo what came after.
import { z } from 'zod'
import { change, changed } from './files/change.js'
import type { FileSettings } from './files/settings.js'
import type { Tool } from './tool.js'

const Input = z.strictObject({
  file_path: z.string().min(1).describe('Path of the file, absolute or from the workspace'),
  content: z.string().describe('The whole content of the file'),
})

export function writeTool(settings: FileSettings): Tool<z.infer<typeof Input>> {
  return {
    name: 'Write',
    description:
      'Writes a text file of the workspace: a new one, its directories included, or in place of all that an existing one has.',
    schema: Input,
    permission: 'edit',
    effect: 'reconcilable',
    subject: ({ file_path }) => file_path,
    paths: ({ file_path }) => [file_path],
    run: ({ input: { file_path, content }, cwd, key, owns }) =>
      change({
        settings,
        cwd,
        key,
        file: file_path,
        make: true,
        owns,
        content: () => ({ content, said: said(content, file_path) }),
      }),
    check: ({ input: { file_path, content }, cwd, key }) =>
      changed({ settings, cwd, key, file: file_path, said: said(content, file_path) }),
  }
}

const said = (content: string, file: string) => `Wrote ${Buffer.byteLength(content)} bytes to ${file}`
