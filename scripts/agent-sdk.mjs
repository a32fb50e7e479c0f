// The Claude Agent SDK, installed at the version named here into a cache of its own: some 430 MB with its program, and no
// dependency of this project.
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { must } from './run.mjs'

const VERSION = '0.3.330'

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ensemble', 'foreign')

/** The directory it is installed in. Fails where the registry cannot be reached. */
export async function agentSdk() {
  const directory = join(cache, `agent-sdk-${VERSION}`)
  if (existsSync(join(directory, 'installed'))) return directory
  mkdirSync(directory, { recursive: true })
  const wanted = [`@anthropic-ai/claude-agent-sdk@${VERSION}`, 'zod@4']
  await must('npm', ['install', '--no-audit', '--no-fund', '--prefix', directory, ...wanted])
  mkdirSync(join(directory, 'installed'))
  return directory
}
