// Replaces a text in a file of the workspace. What is replaced must be there exactly once, unless all are meant: a model
// that remembers a file wrongly is told so instead of changing something else.
import { z } from 'zod'
import { change, changed } from './files/change.js'
import type { FileSettings } from './files/settings.js'
import { ToolRefusal } from './refusal.js'
import type { Tool } from './tool.js'
import { show } from './workspace.js'

const Input = z
  .strictObject({
    file_path: z.string().min(1).describe('Path of the file, absolute or from the workspace'),
    old_string: z.string().min(1).describe('The exact text to replace, with enough around it to be unique'),
    new_string: z.string().describe('What takes its place'),
    replace_all: z.boolean().optional().describe('Replace every occurrence; default false'),
  })
  .refine(({ old_string, new_string }) => old_string !== new_string, 'old_string and new_string are the same')
type Input = z.infer<typeof Input>

export function editTool(settings: FileSettings): Tool<Input> {
  return {
    name: 'Edit',
    description:
      'Replaces old_string by new_string in a text file of the workspace. old_string must occur exactly once, unless replace_all.',
    schema: Input,
    permission: 'edit',
    effect: 'reconcilable',
    subject: ({ file_path }) => file_path,
    paths: ({ file_path }) => [file_path],
    run: ({ input, cwd, key, owns }) =>
      change({
        settings,
        cwd,
        key,
        owns,
        file: input.file_path,
        make: false,
        content: (before) => edited(before, input),
      }),
    check: ({ input: { file_path }, cwd, key }) =>
      changed({ settings, cwd, key, file: file_path, said: `Edited ${file_path}` }),
  }
}

function edited(before: string, { file_path, old_string, new_string, replace_all = false }: Input) {
  const parts = before.split(old_string)
  const found = parts.length - 1
  if (found === 0) throw new ToolRefusal(`${show(file_path)} does not have old_string: read it again`)
  if (found > 1 && !replace_all)
    throw new ToolRefusal(`${show(file_path)} has old_string ${found} times: make it longer, or say replace_all`)
  const said = `Edited ${file_path}: ${found} ${found === 1 ? 'replacement' : 'replacements'}`
  return { content: parts.join(new_string), said }
}
