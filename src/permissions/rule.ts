// A rule as people write it: a tool, by name or with stars, and in brackets which of its uses: `Read(src/**)`,
// `Bash(git status:*)`, `WebFetch(domain:example.com)`, `mcp__crm__get_*`. What is no rule is refused at the start: a
// misspelt one would silently not hold.
import { fitsGlob } from './text-pattern.js'

export type Rule = { text: string; tool: string; argument?: string }

export class RuleError extends Error {}

const WANTED = 'wanted a tool and perhaps which uses of it: Read, mcp__crm__get_*, Bash(git status:*), Edit(src/**)'

/** @throws RuleError, for people */
export function parseRule(text: string): Rule {
  const refuse = (why: string) => new RuleError(`${JSON.stringify(text)}: ${why}; ${WANTED}`)
  const [, tool, , argument] = /^([\w.*-]+)(\((.*)\))?$/s.exec(text.trim()) ?? []
  if (tool === undefined) throw refuse('is no rule')
  if (argument === undefined) return { text, tool }
  const trimmed = argument.trim()
  if (trimmed === '') throw refuse('has nothing between its brackets')
  if (/\p{Cc}/u.test(trimmed)) throw refuse('has control characters')
  if (tool === 'Bash') {
    if (/^:?\*+$/.test(trimmed) && trimmed !== '*') throw refuse('names no command before the star')
    if (/:\*./.test(trimmed)) throw refuse('":*" stands at the end only')
  }
  if (PATH_TOOLS.includes(tool) && trimmed.split('/').includes('..'))
    throw refuse('leads upwards: patterns start from the workspace, or with // from the root')
  if (/^domain:/.test(trimmed) && !/^domain:(\*\.)?[\w-]+(\.[\w-]+)*$/.test(trimmed))
    throw refuse('names no domain as example.com or *.example.com')
  return { text, tool, argument: trimmed }
}

/** @returns what is wrong with it, for people. */
export function whyNoRule(text: string): string | undefined {
  try {
    parseRule(text)
    return undefined
  } catch (error) {
    if (error instanceof RuleError) return error.message
    throw error
  }
}

const PATH_TOOLS = ['Read', 'Edit', 'Write', 'Glob', 'Grep']
/** Rules about reading and editing hold for every built-in tool that does. */
const FAMILIES: Record<string, string[]> = { Read: ['Read', 'Glob', 'Grep'], Edit: ['Edit', 'Write'] }

/** Whether a rule is about the tool, whatever the use. */
export function isAbout({ tool: wanted }: Rule, tool: string): boolean {
  return FAMILIES[wanted]?.includes(tool) || matchesTool(wanted, tool)
}

/** A name with stars; `mcp__crm` means all of that server. */
export function matchesTool(pattern: string, tool: string): boolean {
  if (/^mcp__(?:(?!__).)+$/.test(pattern) && !pattern.includes('*') && tool.startsWith(`${pattern}__`)) return true
  return fitsGlob(pattern, tool)
}
