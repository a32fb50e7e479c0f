// Which agent a name means, on the machine of who asks: a file of theirs, one in `.claude/agents` of where they are, or
// one that comes with Ensemble. A file is read here and sent as data, so a worker elsewhere needs none of it.
import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { AgentDefinition } from '../contracts/schemas/agent.js'
import { InvalidInputError } from './errors.js'

const MAX_FILE_BYTES = 512 * 1024

export type ResolvedAgent = { agent: string | AgentDefinition; warnings: string[] }

/**
 * @param name `fixer`, `./fixer.md`, `.claude/agents/fixer.md`
 * @param options.cwd where relative paths and `.claude/agents` are looked for
 * @param options.servers what names in a file's `mcpServers` stand for
 * @throws InvalidInputError
 */
export async function resolveAgent(
  name: string,
  { cwd, servers = {} }: { cwd: string; servers?: Record<string, unknown> },
): Promise<ResolvedAgent> {
  if (/\.md$/i.test(name) || name.includes('/')) return fromFile(resolve(cwd, name), servers, name)
  const places = [cwd, homedir()].map((place) => join(place, '.claude', 'agents', `${name}.md`))
  for (const path of /^[\w.-]+$/.test(name) ? places : []) {
    if (await exists(path)) return fromFile(path, servers, path)
  }
  const { BUILTIN_AGENTS } = await import('../agents/builtin.js')
  if (BUILTIN_AGENTS.some((agent) => agent.name === name)) return { agent: name, warnings: [] }
  const names = BUILTIN_AGENTS.map((agent) => agent.name).join(', ')
  throw new InvalidInputError(
    `unknown agent ${JSON.stringify(name)}: wanted one of ${names}, a path ending in .md, or a file ${join('.claude', 'agents', `${name}.md`)}`,
  )
}

async function fromFile(path: string, servers: Record<string, unknown>, shown: string): Promise<ResolvedAgent> {
  const text = await readText(path, shown)
  const { FrontMatterError, readAgentFile } = await import('../agents/agent-file.js')
  try {
    const { agent, warnings } = readAgentFile(text, basename(path).replace(/\.md$/i, ''), servers)
    return { agent, warnings: warnings.map((warning) => `${shown}: ${warning}`) }
  } catch (error) {
    if (error instanceof FrontMatterError) throw new InvalidInputError(`agent file ${shown}: ${error.message}`)
    throw error
  }
}

async function readText(path: string, shown: string): Promise<string> {
  const refused = (why: string) => new InvalidInputError(`agent file ${shown}: ${why}`)
  const bytes = await stat(path)
    .then(async (found) => {
      // Reading a pipe or a device might never end.
      if (!found.isFile()) throw refused('is no regular file')
      if (found.size > MAX_FILE_BYTES) throw refused(`has ${found.size} bytes; wanted at most ${MAX_FILE_BYTES}`)
      return readFile(path)
    })
    .catch((error: NodeJS.ErrnoException) => {
      throw error.code === undefined ? error : refused(`cannot be read (${error.code})`)
    })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw refused('is no UTF-8 text')
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
