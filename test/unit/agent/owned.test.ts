// An agent that owns files: whatever else is permitted, it writes no others.
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { foreignNow } from '../../../src/activities/agent/judge/owned.js'
import type { Verdict } from '../../../src/contracts/agent.js'
import { agentFields } from '../../../src/contracts/schemas/agent.js'
import { ownedByBoth } from '../../../src/tools/owned.js'
import type { Tool } from '../../../src/tools/tool.js'
import { errorOf, room } from '../tools/room.js'
import { agentStage, toolCalled } from './agent-stage.js'

const write = (file_path: string) => ({ file_path, content: 'x' })
const owns = ['a.ts', 'docs/']
const FOREIGN = 'src/x.ts is not yours: you own a.ts, docs/'
const refused = (reason: string): Verdict => ({ kind: 'refuse', by: 'owns', reason })

it.each(['default', 'acceptEdits', 'bypassPermissions'])('in mode %s a file of others is refused', async (mode) => {
  const { workspace, one } = await agentStage()
  const agent = { agent: 'coder', workspace, owns, permissionMode: mode }
  expect((await one(agent, 'Write', write('src/x.ts'))).verdict).toEqual(refused(FOREIGN))
  const edit = { file_path: 'src/x.ts', old_string: 'a', new_string: 'b' }
  expect((await one(agent, 'Edit', edit)).verdict).toEqual(refused(FOREIGN))
  for (const own of ['a.ts', './a.ts', join(workspace, 'a.ts'), 'docs/new/page.md', 'src/../a.ts'])
    expect((await one(agent, 'Write', write(own))).verdict.kind, own).toBe(mode === 'default' ? 'ask' : 'run')
})

it('neither a list, a handler, a handler’s arguments, a hook’s nor a person’s permit it', async () => {
  const { workspace, one } = await agentStage({
    handlers: {
      yes: () => ({ behavior: 'allow' }),
      swap: () => ({ behavior: 'allow', updatedInput: write('src/x.ts') }),
    },
    hooks: { swap: () => ({ hookSpecificOutput: { updatedInput: write('src/x.ts') } }) },
  })
  const agent = { agent: 'coder', workspace, owns }
  const allowed = { ...agent, permissions: { allow: ['Write'] } }
  expect((await one(allowed, 'Write', write('src/x.ts'))).verdict).toEqual(refused(FOREIGN))
  const handled = { ...agent, permissions: { handler: 'yes' } }
  expect((await one(handled, 'Write', write('src/x.ts'))).verdict).toEqual(refused(FOREIGN))
  const swapped = { ...agent, permissions: { handler: 'swap' } }
  expect((await one(swapped, 'Write', write('a.ts'))).verdict).toEqual(refused(FOREIGN))
  const hooks = { pre_tool_use: [{ hooks: [{ type: 'function', name: 'swap' }] }] }
  expect((await one({ ...agent, hooks }, 'Write', write('a.ts'))).verdict).toEqual(refused(FOREIGN))
  expect((await one(agent, 'Write', write('a.ts'), write('src/x.ts'))).verdict).toEqual(refused(FOREIGN))
})

it('a link, dots, other letters or a directory of the same beginning lead to nothing that is owned', async () => {
  const { workspace, one } = await agentStage()
  await mkdir(join(workspace, 'docs'))
  await mkdir(join(workspace, 'src'))
  await symlink('../src/x.ts', join(workspace, 'docs/link.ts'))
  await symlink('../src', join(workspace, 'docs/way'))
  const agent = { agent: 'coder', workspace, owns, permissionMode: 'bypassPermissions' }
  await writeFile(join(workspace, 'src/x.ts'), '')
  for (const path of [
    'docs/link.ts',
    'docs/way/new.ts',
    'docs/../src/x.ts',
    'A.ts',
    'docs2/a',
    'a.ts/b',
    'docs',
    'b/a.ts',
  ])
    expect((await one(agent, 'Write', write(path))).verdict, path).toMatchObject({ kind: 'refuse', by: 'owns' })
  expect((await one(agent, 'Read', { file_path: 'src/x.ts' })).verdict.kind).toBe('run')
})

it('an editing tool that does not say what it writes is refused', async () => {
  const { workspace, one } = await agentStage({ tools: [toolCalled('rewrite', { permission: 'edit' })] })
  const agent = { tools: ['rewrite'], workspace, owns: [], permissionMode: 'bypassPermissions' }
  const reason = 'rewrite does not say which files it writes: you own no file'
  expect((await one(agent, 'rewrite', { what: 'a' })).verdict).toEqual(refused(reason))
})

it('where a path leads is looked at again when the tool runs, and by the tool itself', async () => {
  const { workspace, prepare, deps } = await agentStage()
  const { stored, system } = await prepare({ agent: 'coder', workspace, owns })
  expect(system).toContain('You own a.ts, docs/, and may write nothing else')
  const tool = deps.tools.find(({ name }) => name === 'Write') as Tool
  expect(await foreignNow(stored, tool, write('a.ts'))).toBeUndefined()
  await symlink('b.ts', join(workspace, 'a.ts'))
  await writeFile(join(workspace, 'b.ts'), 'theirs')
  expect(await foreignNow(stored, tool, write('a.ts'))).toMatch(/^permission denied: b\.ts is not yours/)
  const { run } = await room()
  const context = { cwd: workspace, owns: stored.owns ?? [] }
  expect(errorOf(await run('Write', write('a.ts'), context))).toMatch(
    /permission denied: "a\.ts" is not yours: you own a/,
  )
  const edit = { file_path: 'b.ts', old_string: 'theirs', new_string: 'mine' }
  expect(errorOf(await run('Edit', edit, context))).toMatch(/permission denied: "b\.ts" is not yours/)
  expect(await readFile(join(workspace, 'b.ts'), 'utf8')).toBe('theirs')
  expect(await run('Write', write('docs/c.md'), context)).toMatch(/^Wrote 1 bytes/)
})

it('a child owns what its parent owns, at most', async () => {
  const { workspace, prepare } = await agentStage()
  const parent = await prepare({ agent: 'coder', workspace, owns })
  const child = async (input: object) => {
    const made = { agent: 'coder', parent: { agent: parent.plan.ref, depth: 0 }, ...input }
    return (await prepare(made)).stored.owns?.map((path) => path.slice(workspace.length + 1))
  }
  expect(await child({})).toEqual(['a.ts', 'docs/'])
  expect(await child({ workspace, owns: ['docs/x.md', 'src/', 'a.ts'] })).toEqual(['docs/x.md', 'a.ts'])
  await mkdir(join(workspace, 'docs'))
  expect(await child({ workspace: join(workspace, 'docs'), owns: ['y.md'] })).toEqual(['docs/y.md'])
  expect(ownedByBoth(['/w/docs/x'], ['/w/docs/'])).toEqual(['/w/docs/x'])
  expect(ownedByBoth(undefined, undefined)).toBeUndefined()
})

it('a path that is none of the workspace is refused with the agent', async () => {
  const { prepare } = await agentStage()
  const Fields = z.strictObject(agentFields)
  for (const path of ['/etc/passwd', '../x', 'a/../b', './a', 'a//b', '', '/', 'a\0b'])
    expect(Fields.safeParse({ owns: [path] }).success, path).toBe(false)
  for (const path of ['a', 'a/b.ts', 'a/', 'ü ñ\n.txt', '-rf', '..a', '.env'])
    expect(Fields.safeParse({ owns: [path] }).success, path).toBe(true)
  await expect(prepare({ agent: { name: 'c', prompt: 'x', tools: [] }, owns })).rejects.toThrow(/owns: means nothing/)
})
