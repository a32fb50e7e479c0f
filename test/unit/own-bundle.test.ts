// A person's own workflows are bundled when their worker starts: mistakes in them end the start, with the reason.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AHEAD } from '../../src/contracts/failures.js'

/** Bundled from what is built, as a worker does. */
const BUILT = new URL('../../dist/workers/own-bundle.js', import.meta.url).href
let dir: string

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ensemble-own-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

async function bundle(source: string): Promise<string> {
  const { buildOwnBundle } = (await import(BUILT)) as typeof import('../../src/workers/own-bundle.js')
  const path = join(dir, 'workflows.ts')
  writeFileSync(path, source)
  return buildOwnBundle(path)
}

it('a file of TypeScript is bundled with ours, without any library it does not bring itself', async () => {
  const code = await bundle('export async function mine(name: string): Promise<string> { return name }')
  expect(code).toContain('async function mine')
  expect(code).toContain('no signal is called')
  expect(code).toContain(AHEAD) // as ours do, theirs begin again when they must
  expect(code).not.toMatch(/node_modules\/zod|ZodError|node_modules\/@anthropic-ai/)
})

it('a workflow with a name of ours is refused, instead of one of the two being left out', async () => {
  await expect(bundle('export async function parallel() {}')).rejects.toThrow(/cannot be bundled:[\s\S]*parallel/)
})

it('a module that no workflow may use is named', async () => {
  await expect(
    bundle("import { readFileSync } from 'node:fs'\nexport const mine = async () => readFileSync('x')"),
  ).rejects.toThrow(/cannot be bundled:[\s\S]*fs/)
})

it('a file that is not there is named', async () => {
  const { buildOwnBundle } = (await import(BUILT)) as typeof import('../../src/workers/own-bundle.js')
  await expect(buildOwnBundle(join(dir, 'nowhere.ts'))).rejects.toThrow(/nowhere\.ts; wanted a file of workflows/)
})
