// The skill for Claude Code: short enough to be read every time, and every command line in it does what it says.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { tokensOf } from '../../../src/simulator/tokens.js'
import { makeRepository, type Repository } from '../../support/code.js'
import { openStage, type Stage } from '../../support/stage.js'

const SKILL = readFileSync(new URL('../../../skill/SKILL.md', import.meta.url), 'utf8')
const MAIN = new URL('../../../dist/cli/main.js', import.meta.url).pathname
const MOST_TOKENS = 1200

const BLOCKS = [...SKILL.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block.trim().split('\n'))
/** What the skill says each ends with, where that is not 0. */
const WAITS = /^ensemble (run code|approve \S+ plan|revise|rerun)/
const exitOf = (line: string) => (WAITS.test(line) ? 10 : line.startsWith('ensemble reject') ? 6 : 0)

let stage: Stage
let repo: Repository
let bin: string
beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  await stage.addWorker({ env: { ENSEMBLE_ALLOW_UNSANDBOXED: 'true' } })
  repo = makeRepository({
    'package.json': '{ "type": "module", "scripts": { "test": "node --test" } }\n',
    'src/pay.js': 'export const pay = (sum) => eval(sum)\n',
    'src/start.test.js': "import test from 'node:test'\ntest('starts', () => {})\n",
    'docs/lease.md': '# Lease\n\nThe notice period is six months.\n',
    'items.json': JSON.stringify({ sharedSystem: 'Short.', items: [{ id: 'a', prompt: 'Why?', model: 'haiku' }] }),
  })
  bin = join(stage.home, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'ensemble'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  await chmod(join(bin, 'ensemble'), 0o755)
})
afterAll(async () => {
  await stage.close()
  await rm(repo.directory, { recursive: true, force: true })
})

describe('the skill', () => {
  it('is at most 1,200 tokens and says when to use it and when not', () => {
    expect(tokensOf(SKILL)).toBeLessThanOrEqual(MOST_TOKENS)
    const front = parse(SKILL.split('---\n')[1] ?? '') as { name: string; description: string }
    expect(front.name).toBe('ensemble')
    expect(front.description).toMatch(/Use for .*Not for /)
    expect(front.description.length).toBeLessThanOrEqual(1024)
  })

  let digest = ''
  it.each(BLOCKS.map((lines) => [lines.length, lines]))(
    'has %s command lines that do what they say (part %#)',
    async (_, lines) => {
      for (const line of lines) {
        const { code, out, err } = await run(line, digest)
        const wanted = exitOf(line)
        expect({ line, code, said: code === wanted ? '' : `${err}\n${out}` }).toEqual({ line, code: wanted, said: '' })
        if (!line.includes('--json')) continue
        // A watcher prints a document a line, everything else one.
        const documents = line.startsWith('ensemble watch') ? out.trim().split('\n') : [out]
        for (const document of documents) digest = digestOf(JSON.parse(document)) ?? digest
      }
    },
  )

  it('has put the repository back to what it was, and told all of it in the log', () => {
    expect(BLOCKS.flat().length).toBeGreaterThan(15)
    expect(repo.git('log', '--format=%s')).toMatch(/Revert "\[Haiku-1\]/)
    expect(repo.git('status', '--porcelain')).toBe('')
    expect(repo.git('diff', '--stat', 'HEAD', repo.git('rev-list', '--max-parents=0', 'HEAD'))).toBe('')
  })
})

function digestOf(document: { approval?: { digest: string } }): string | undefined {
  return document.approval?.digest
}

/** As a shell runs it: quotes and variables are part of what is tested. */
async function run(line: string, digest: string): Promise<{ code: number | null; out: string; err: string }> {
  const { home, server, simulator } = stage
  const child = spawn('sh', ['-c', line], {
    cwd: repo.directory,
    env: {
      ...{ PATH: `${bin}:${process.env.PATH}`, HOME: home, ENSEMBLE_HOME: home },
      ...{ TEMPORAL_ADDRESS: server.address, ANTHROPIC_BASE_URL: simulator.url },
      ...{ DIGEST: digest, PERSON: 'north' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}
