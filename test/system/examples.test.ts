// The examples as a stranger runs them: in an empty project, with the packed package, against a real server.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Project, packedProject } from '../support/packed.js'
import { freePort } from '../support/ports.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

let stage: Stage
let project: Project

beforeAll(async () => {
  project = packedProject(['caching', 'own-workflow', 'backend'])
  stage = await openStage()
})
afterAll(async () => {
  await stage.close()
  project.remove()
})
beforeEach(() => {
  stage.simulator.setRules([])
  stage.simulator.resetJournal()
})

const environment = () => ({
  PATH: process.env.PATH,
  HOME: stage.home,
  TEMPORAL_ADDRESS: stage.server.address,
  ENSEMBLE_HOME: stage.home,
})

/** What the program prints, as JSON. */
async function start(folder: string, ...args: string[]) {
  const cwd = join(project.path, folder)
  const { stdout } = await promisify(execFile)(process.execPath, ['start.js', ...args], { cwd, env: environment() })
  return JSON.parse(stdout)
}

const host = (folder: string) =>
  stage.addWorker({ main: join(project.path, folder, 'worker.js'), cwd: join(project.path, folder) })

describe('the third caching pattern', () => {
  it('fits on a page and uses nothing but the library', () => {
    const source = readFileSync(join(project.path, 'caching/workflows.ts'), 'utf8')
    expect(source.split('\n').length).toBeLessThanOrEqual(80)
    expect(Array.from(source.matchAll(/from '(.+)'/g), ([, from]) => from)).toEqual(['ensemble/workflow'])
  })

  it('writes the shared text to the cache once, reads it ever after, and reads more with every turn', async () => {
    const base = 'The quick brown fox looks at the code. '.repeat(1500)
    const file = join(project.path, 'base.txt')
    writeFileSync(file, base)
    await host('caching')
    const { status, usd, savedUsd } = await start('caching', file)
    expect(status).toBe('completed')
    const usages = stage.simulator.journal().requests.map(({ usage, promptHead }) => ({
      promptHead,
      read: usage?.cache_read_input_tokens ?? 0,
      written: usage?.cache_creation_input_tokens ?? 0,
    }))
    expect(usages).toHaveLength(9)
    const shared = Math.max(...usages.map(({ written }) => written))
    expect(usages.filter(({ written }) => written === shared)).toHaveLength(1)
    expect(usages.filter(({ read }) => read >= shared)).toHaveLength(8)
    const turns = (question: string) => usages.filter(({ promptHead }) => promptHead.startsWith(question))
    expect(turns('You found')).toHaveLength(3)
    for (const { read } of turns('You found')) expect(read).toBe(shared)
    for (const { read } of turns('Provide a detailed fix')) expect(read).toBeGreaterThan(shared)
    expect(savedUsd).toBeGreaterThan(usd)
  })
})

describe('an own workflow', () => {
  it('is hosted with its activity, asks its question, and ends with what it did', async () => {
    await host('own-workflow')
    const { status, usd, output } = await start('own-workflow', 'coffee')
    expect({ status, output }).toEqual({ status: 'completed', output: { published: 'a-first-look.md' } })
    expect(usd).toBeGreaterThan(0)
    expect(readFileSync(join(project.path, 'own-workflow/a-first-look.md'), 'utf8')).toContain('SIMULATED')
  })
})

describe('the service', () => {
  const review = { files: [{ path: 'a.ts', text: 'eval(input)\n' }], experts: ['security'], confirm: 'never' }

  it('answers 400 for what is no review, and calls back at the end, also when it was killed meanwhile', async () => {
    const heard: { id: string; status: string; report: string }[] = []
    const caller = createServer(async (request, response) => {
      heard.push(JSON.parse(Buffer.concat(await request.toArray()).toString()))
      response.end()
    }).listen(0, '127.0.0.1')
    await once(caller, 'listening')
    const callback = `http://127.0.0.1:${(caller.address() as AddressInfo).port}/`
    const port = await freePort()
    let service = await serve(port)
    const post = async (body: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/reviews`, { method: 'POST', body })
      return { status: response.status, ...((await response.json()) as { id: string; error: string }) }
    }
    try {
      expect((await post('no JSON')).status).toBe(400)
      expect(await post(JSON.stringify({ review }))).toMatchObject({
        status: 400,
        error: expect.stringMatching(/callback/),
      })
      const wrong = await post(JSON.stringify({ callback, review: { experts: ['nobody'] } }))
      expect(wrong).toMatchObject({ status: 400, error: expect.stringMatching(/paths/) })
      stage.simulator.setRules([{ match: { system: 'security' }, reply: { json: { findings: [] }, delayMs: 3000 } }])
      const { status, id } = await post(JSON.stringify({ callback, review }))
      expect(status).toBe(202)
      await until('the review to ask', () => stage.simulator.journal().inFlight > 0)
      service.kill('SIGKILL')
      await once(service, 'exit')
      expect(heard).toEqual([])
      service = await serve(port)
      const [told] = await until('the call back', () => heard.length > 0 && heard)
      expect(told).toMatchObject({ id, status: 'completed', report: expect.stringContaining('SIMULATED') })
      await until('the job to be gone', () => readdirSync(join(project.path, 'backend/jobs')).length === 0)
      expect(stage.simulator.journal().posts).toBe(2)
    } finally {
      service.kill('SIGKILL')
      caller.close()
    }
  })

  async function serve(port: number): Promise<ChildProcess> {
    const cwd = join(project.path, 'backend')
    const env = { ...environment(), PORT: `${port}` }
    const child = spawn(process.execPath, ['server.js'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
    await once(createInterface(child.stdout), 'line')
    return child
  }
})
