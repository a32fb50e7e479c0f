// What a call is about, in a line: what rules match and people see beside the tool's name.
import type { Tool } from '../../../tools/tool.js'

/** The tool's own word for it, else the arguments as JSON. */
export function subjectOf(tool: Tool, input: unknown): string {
  const parsed = tool.schema.safeParse(input)
  if (!parsed.success) return ''
  return tool.subject?.(parsed.data) ?? JSON.stringify(input) ?? ''
}
