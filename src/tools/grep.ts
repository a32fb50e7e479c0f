// Finds lines of the workspace's text files by a regular expression.

import { z } from 'zod'
import { timeLimit } from '../contracts/time-limit.js'
import { inDirectoryOf, openRegular } from './files/anchored.js'
import { type FileSettings, workspaceOf } from './files/settings.js'
import { readText } from './files/text.js'
import { fileError, orRefused, ToolRefusal } from './refusal.js'
import { type Found, listFiles } from './search/list-files.js'
import { type Matcher, openMatcher } from './search/matcher.js'
import type { Tool } from './tool.js'
import { KEY_FILES, locate, type Place } from './workspace.js'

const MOST_LINES = 10_000
/** UTF-8 bytes of one result. */
const MAX_BYTES = 100 * 1024
const MAX_LINE = 500
const MAX_SECONDS = 30
const DEFAULT_LINES = 250

const Input = z.strictObject({
  pattern: z.string().min(1).max(1000).describe('A JavaScript regular expression, for one line'),
  path: z.string().min(1).optional().describe('File or directory to search in; default: the workspace'),
  glob: z.string().min(1).max(1000).optional().describe('Only files of this pattern, such as "*.ts" or "src/**"'),
  output_mode: z
    .enum(['content', 'files_with_matches', 'count'])
    .optional()
    .describe('Lines (default), names of files, or how many lines of each'),
  '-i': z.boolean().optional().describe('Capital and small letters are the same'),
  '-C': z.int().min(0).max(20).optional().describe('Lines shown before and after each'),
  head_limit: z.int().min(1).max(MOST_LINES).optional().describe(`Lines of the result; default ${DEFAULT_LINES}`),
})
type Input = z.infer<typeof Input>

export function grepTool(settings: Pick<FileSettings, 'hidden'>): Tool<Input> {
  return {
    name: 'Grep',
    description:
      'Searches the text files of the workspace by a regular expression and shows lines as path:number:text. node_modules and .git are left out.',
    schema: Input,
    permission: 'read',
    effect: 'read',
    subject: ({ pattern }) => pattern,
    paths: ({ path = '.' }) => [path],
    run: ({ input, cwd, signal }) =>
      orRefused(input.path ?? 'the workspace', async () => {
        const { path = '.', pattern, glob, '-i': anyCase = false } = input
        const workspace = workspaceOf(cwd, settings)
        const start = await locate(workspace, path, 'read')
        const time = timeLimit(signal, MAX_SECONDS * 1000)
        const flags = anyCase ? 'i' : ''
        const matcher = openMatcher({ source: pattern, flags, mostPerText: MOST_LINES }, time.signal)
        const out = new Shown(input)
        try {
          for (const file of await filesOf(workspace, start, anywhere(glob), time.signal))
            if (!(await search({ ...start, ...file }, matcher, out))) break
        } catch (error) {
          signal.throwIfAborted()
          if (!time.isOver()) throw error
          out.cut(`the search was ended after ${MAX_SECONDS} s`)
        } finally {
          time.end()
          await matcher.close()
        }
        return out.text()
      }),
  }
}

/** "*.ts" means such files wherever they are. */
const anywhere = (glob = '**') => (glob.includes('/') || glob === '**' ? glob : `**/${glob}`)

async function filesOf(
  workspace: ReturnType<typeof workspaceOf>,
  start: Place,
  pattern: string,
  signal: AbortSignal,
): Promise<Pick<Found, 'parts'>[]> {
  const isFile = start.parts.length > 0 && (await inDirectoryOf(start, { make: false }, isRegular))
  if (isFile) return [{ parts: start.parts }]
  const found = await listFiles(workspace, start, { pattern: pattern === '**' ? '**/*' : pattern, signal })
  return found
    .filter(({ parts }) => !KEY_FILES.has(parts.at(-1) ?? ''))
    .sort((a, b) => (a.parts.join('/') < b.parts.join('/') ? -1 : 1))
}

async function isRegular(...[directory, name]: Parameters<Parameters<typeof inDirectoryOf>[2]>): Promise<boolean> {
  try {
    await (await openRegular(directory, name, name)).close()
    return true
  } catch (error) {
    if (error instanceof ToolRefusal) return false
    throw error
  }
}

/** False: there is no room for more. */
async function search(place: Pick<Place, 'root' | 'parts'>, matcher: Matcher, out: Shown): Promise<boolean> {
  const shown = place.parts.join('/')
  let text: string
  try {
    text = await inDirectoryOf({ ...place, shown }, { make: false }, async (directory, name) => {
      const handle = await openRegular(directory, name, shown)
      try {
        return await readText(handle, shown)
      } finally {
        await handle.close()
      }
    })
  } catch (error) {
    // No text, too large, or gone since it was listed.
    if (error instanceof ToolRefusal || fileError(error) !== undefined) return true
    throw error
  }
  const lines = await matcher.lines(text)
  return lines.length === 0 || out.add(shown, text.split('\n'), lines)
}

class Shown {
  readonly #mode: NonNullable<Input['output_mode']>
  readonly #around: number
  readonly #most: number
  readonly #out: string[] = []
  #bytes = 0
  #note: string | undefined

  constructor({ output_mode = 'content', '-C': around = 0, head_limit = DEFAULT_LINES }: Input) {
    this.#mode = output_mode
    this.#around = around
    this.#most = head_limit
  }

  add(file: string, all: string[], matched: number[]): boolean {
    if (this.#mode === 'files_with_matches') return this.#line(file)
    if (this.#mode === 'count') return this.#line(`${file}:${matched.length}`)
    const matches = new Set(matched)
    let next = 0
    for (const at of matched) {
      const first = Math.max(next, at - this.#around)
      if (this.#around > 0 && next > 0 && first > next && !this.#line('--')) return false
      const last = Math.min(all.length - 1, at + this.#around)
      for (let number = first; number <= last; number += 1) {
        const isMatch = matches.has(number)
        const text = `${file}${isMatch ? ':' : '-'}${number + 1}${isMatch ? ':' : '-'}${short(all[number] ?? '')}`
        if (!this.#line(text)) return false
      }
      next = Math.max(next, last + 1)
    }
    return true
  }

  cut(why: string): void {
    this.#note = why
  }

  text(): string {
    const lines = this.#out.length === 0 ? ['(no match)'] : this.#out
    return [...lines, ...(this.#note === undefined ? [] : [`(${this.#note})`])].join('\n')
  }

  #line(text: string): boolean {
    const bytes = Buffer.byteLength(text) + 1
    if (this.#out.length >= this.#most || this.#bytes + bytes > MAX_BYTES) {
      this.#note = 'there is more: narrow the search'
      return false
    }
    this.#out.push(text)
    this.#bytes += bytes
    return true
  }
}

const short = (line: string) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line.replace(/\r$/, ''))
