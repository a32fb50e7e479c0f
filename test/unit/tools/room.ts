// A workspace of its own with the built-in tools in it, and a place outside with something nobody may touch.
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { BuiltinToolOptions } from '../../../src/tools/index.js'
import type { ToolContext, ToolOutput } from '../../../src/tools/tool.js'

/** As built: searching starts a thread from a file beside it. */
const BUILT = new URL('../../../dist/tools/index.js', import.meta.url).href
const CANARY = 'nobody reads or writes this'

export type Room = Awaited<ReturnType<typeof openRoom>>

/** The caller removes it. */
export async function openRoom(options: Partial<BuiltinToolOptions> = {}) {
  const { builtinTools } = (await import(BUILT)) as typeof import('../../../src/tools/index.js')
  const top = await realpath(await mkdtemp(join(tmpdir(), 'ensemble-tools-')))
  const [cwd, outside] = [join(top, 'workspace'), join(top, 'outside')]
  await Promise.all([mkdir(cwd), mkdir(outside)])
  await writeFile(join(outside, 'canary'), CANARY)
  const changesDir = join(top, 'changes')
  const tools = builtinTools({ allowUnsandboxed: false, env: { PATH: process.env.PATH }, changesDir, ...options })
  let calls = 0
  const find = (name: string) => {
    const tool = tools.find((one) => one.name === name)
    if (!tool) throw new Error(`no tool ${name}`)
    return tool
  }
  const contextOf = (context: Partial<ToolContext>): ToolContext => {
    calls += 1
    return { cwd, signal: new AbortController().signal, key: `call-${calls}`, ...context }
  }
  return {
    top,
    cwd,
    outside,
    tools,
    /** Arguments are checked as before a real call. */
    async run(name: string, input: unknown, context: Partial<ToolContext> = {}): Promise<ToolOutput> {
      const tool = find(name)
      return tool.run({ ...contextOf(context), input: tool.schema.parse(input) })
    },
    async check(name: string, input: unknown, key: string): Promise<ToolOutput | undefined> {
      const tool = find(name)
      return tool.check?.({ ...contextOf({ key }), input: tool.schema.parse(input) })
    },
    write: (path: string, content: string | Buffer) => writeFile(join(cwd, path), content),
    read: (path: string) => readFile(join(cwd, path), 'utf8'),
    async expectCanary() {
      expect(await readFile(join(outside, 'canary'), 'utf8')).toBe(CANARY)
    },
    close: () => rm(top, { recursive: true, force: true }),
  }
}

export async function room(options?: Partial<BuiltinToolOptions>): Promise<Room> {
  const opened = await openRoom(options)
  onTestFinished(() => opened.close())
  return opened
}

/** The text of an error result. */
export function errorOf(output: ToolOutput): string {
  if (typeof output === 'string' || !output.isError) throw new Error(`no error: ${JSON.stringify(output)}`)
  return String(output.content[0]?.text)
}
