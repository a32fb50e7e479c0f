// Whether a rule holds for one use of a tool. A rule that allows must fit everything the use touches; one that denies
// or asks, anything of it, and in doubt it fits.
import { posix } from 'node:path'
import type { PermissionClass } from '../contracts/agent.js'
import { allowsCommand, type Denied, deniesCommand } from './command-rule.js'
import { matchesPath, mayMatchBelow } from './path-pattern.js'
import { isAbout, type Rule } from './rule.js'
import { fitsGlob } from './text-pattern.js'

export type Use = {
  tool: { name: string; permission: PermissionClass }
  /** A command, an address, a path as it was given. */
  subject: string
  /** Absolute: what it touches, as given and where links lead; absent: the subject, for tools that are about a path. */
  paths?: string[]
  workspace?: string
}

const FILE_TOOLS = ['Read', 'Write', 'Edit', 'Glob', 'Grep']
/** They read what is below a directory. */
const DEEP_TOOLS = ['Grep']

export function allows(rule: Rule, use: Use): boolean {
  const { argument } = rule
  if (!isAbout(rule, use.tool.name)) return false
  if (argument === undefined) return true
  if (isShell(use)) return allowsCommand(argument, use.subject)
  const paths = pathsOf(use)
  if (paths) return paths.length > 0 && paths.every((path) => matchesPath(argument, path, use.workspace))
  return matchesText(argument, use.subject)
}

export function denies(rule: Rule, use: Use): Denied {
  const { argument } = rule
  if (!isAbout(rule, use.tool.name)) return 'no'
  if (argument === undefined) return 'yes'
  if (isShell(use)) return deniesCommand(argument, use.subject)
  const paths = pathsOf(use)
  if (!paths) return matchesText(argument, use.subject) ? 'yes' : 'no'
  if (paths.some((path) => matchesPath(argument, path, use.workspace))) return 'yes'
  const deep = DEEP_TOOLS.includes(use.tool.name)
  return deep && paths.some((path) => mayMatchBelow(argument, path, use.workspace)) ? 'maybe' : 'no'
}

const isShell = ({ tool }: Use) => tool.name === 'Bash' || tool.permission === 'execute'

function pathsOf({ paths, tool, subject, workspace }: Use): string[] | undefined {
  if (paths) return paths
  return FILE_TOOLS.includes(tool.name) ? [posix.resolve(workspace ?? '/', subject)] : undefined
}

function matchesText(argument: string, subject: string): boolean {
  const domain = /^domain:(.*)$/.exec(argument)?.[1]
  if (domain !== undefined) return isOfDomain(subject, domain)
  if (argument.endsWith(':*')) return subject.startsWith(argument.slice(0, -2))
  return fitsGlob(argument, subject)
}

function isOfDomain(address: string, domain: string): boolean {
  if (!URL.canParse(address)) return false
  const host = new URL(address).hostname.replace(/\.$/, '')
  const wanted = domain.toLowerCase()
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted
}
