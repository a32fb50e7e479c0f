// The ways to an agent: a command that follows it, a chat that asks for permission, the library; what they show of its
// tools, and what a worker counts of them.
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../../src/client/ensemble.js'
import { freePort } from '../../support/ports.js'
import { openStage, type Stage } from '../../support/stage.js'
import { CTRL_D, ENTER, openTestTerminal, type TestTerminal } from '../../support/terminal.js'
import { until } from '../../support/until.js'

const MAIN = new URL('../../../dist/cli/main.js', import.meta.url).pathname
const AGENT = '---\nname: editor\ndescription: edits\ntools: Read, Edit\nmodel: haiku\n---\nYou edit files.\n'

let stage: Stage
let ensemble: Ensemble
let workspace: string
let port: number
const terminals: TestTerminal[] = []

beforeAll(async () => {
  port = await freePort()
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'ensemble-doors-')))
  await mkdir(join(workspace, '.claude/agents'), { recursive: true })
  await writeFile(join(workspace, '.claude/agents/editor.md'), AGENT)
  stage = await openStage({ workers: 0 })
  await stage.addWorker({ env: { ENSEMBLE_METRICS_PORT: String(port) } })
  const { home, server } = stage
  ensemble = await connectTo({
    ...{ address: server.address, namespace: 'default', taskQueue: 'ensemble', storeDir: `${home}/store` },
  })
  const use = (name: string, input: object) => ({ reply: { blocks: [{ type: 'tool_use' as const, name, input }] } })
  stage.simulator.setRules([
    { match: { prompt: 'for ever' }, reply: { text: 'word '.repeat(4000), tokensPerSecond: 20 } },
    { match: { prompt: '/^raise a/' }, ...use('Read', { file_path: 'a.txt' }) },
    { match: { prompt: 'a = 1' }, ...use('Edit', { file_path: 'a.txt', old_string: 'a = 1', new_string: 'a = 2' }) },
    { reply: { text: 'All done.' } },
  ])
})
beforeEach(() => writeFile(join(workspace, 'a.txt'), 'a = 1\n'))
afterAll(async () => {
  for (const terminal of terminals) terminal.kill()
  await ensemble.close()
  await stage.close()
  await rm(workspace, { recursive: true, force: true })
})

const kept = () => readFile(join(workspace, 'a.txt'), 'utf8')

function terminal(...args: string[]): TestTerminal {
  const env = {
    PATH: process.env.PATH,
    HOME: stage.home,
    TERM: 'xterm-256color',
    TEMPORAL_ADDRESS: stage.server.address,
    ENSEMBLE_HOME: stage.home,
    ANTHROPIC_BASE_URL: stage.simulator.url,
  }
  const opened = openTestTerminal([process.execPath, MAIN, ...args], { cwd: workspace, env })
  terminals.push(opened)
  return opened
}

describe('ensemble run agent', () => {
  it('shows each tool, asks with the exact arguments, takes other ones, and ends with the answer', async () => {
    const run = terminal('run', 'agent', 'editor', 'raise a')
    await run.shows(/Read a\.txt \(\d+ ms\)[\s\S]*editor asks: Edit a\.txt[\s\S]*May it\?[\s\S]*Approve[\s\S]*Reject/)
    expect(run.seen()).toContain('"new_string":"a = 2"')
    expect(await kept()).toBe('a = 1\n')
    run.type('\u001b[B') // Edit
    await run.shows('approve other arguments')
    run.type(ENTER)
    await run.shows('The arguments, as JSON')
    run.type('\u007f'.repeat(3)) // from its end: 2"}
    run.type(`7"}${ENTER}`)
    await run.shows(/completed · \$/)
    expect(await run.ended).toBe(0)
    expect(run.seen()).toContain('All done.')
    expect(await kept()).toBe('a = 7\n')
  })

  it('started by somebody else is watched: its tools, and what it asks, which is answered here', async () => {
    const agent = ensemble.agent('editor', { id: 'watched', cwd: workspace, workspace: '.' })
    const sent = agent.send('raise a')
    const there = () =>
      ensemble
        .run('watched')
        .facts()
        .then(
          ({ open }) => open,
          () => false,
        )
    await until('the thread', there)
    const watch = terminal('watch', 'watched')
    await watch.shows(/✓ Read a\.txt[\s\S]*editor asks: Edit a\.txt[\s\S]*May it\?/)
    watch.type(ENTER) // Approve
    expect(await sent).toMatchObject({ status: 'ok' })
    expect(await kept()).toBe('a = 2\n')
    await agent.stop()
  })

  it('refuses an agent that nobody knows, before anything is started', async () => {
    const run = terminal('run', 'agent', 'editr', 'raise a')
    await run.shows('unknown agent "editr"')
    expect(await run.ended).toBe(2)
  })
})

describe('ensemble chat --agent', () => {
  it('shows its tools and asks for permission between the lines', async () => {
    const chat = terminal('chat', '--agent', 'editor')
    await chat.shows(/new thread [\s\S]*› $/)
    chat.type(`raise a${ENTER}`)
    await chat.shows(/✓ Read a\.txt[\s\S]*editor asks: Edit a\.txt[\s\S]*\/reject why/)
    chat.type(`/reject not today${ENTER}`)
    await chat.shows(/All done\.[\s\S]*› $/)
    expect(await kept()).toBe('a = 1\n')
    chat.type(CTRL_D)
    expect(await chat.ended).toBe(0)
  })
})

describe('ensemble.agent', () => {
  it('works on messages, and stops from anywhere by its id', async () => {
    const agent = ensemble.agent('editor', { id: 'lib', cwd: workspace, workspace: '.', permissionMode: 'acceptEdits' })
    expect(await agent.send('raise a')).toMatchObject({ status: 'ok', text: 'All done.' })
    expect(await kept()).toBe('a = 2\n')
    const [first, second] = [agent.send('go on for ever'), agent.send('and then?')]
    await until('it to answer', () => stage.simulator.journal().inFlight === 1)
    await ensemble.agent({ id: 'lib' }).stop()
    expect(await first).toMatchObject({ status: 'interrupted' })
    expect(await second).toMatchObject({ status: 'interrupted', text: '' })
    await until('it to end', async () => !(await ensemble.run('lib').facts()).open)
    await expect(agent.send('hello?')).rejects.toThrow('closed')
  })
})

it('a worker counts what tools agents used, and for how long', async () => {
  const metrics = async () => {
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const of = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1] ?? 0)
    return {
      read: of('agent_tool_usage_total\\{agent="editor",tool="Read"\\}'),
      edit: of('agent_tool_usage_total\\{agent="editor",tool="Edit"\\}'),
      editTimes: of('agent_tool_latency_seconds_count\\{agent="editor",tool="Edit"\\}'),
      editSeconds: of('agent_tool_latency_seconds_sum\\{agent="editor",tool="Edit"\\}'),
      bounds: Array.from(
        page.matchAll(/^agent_tool_latency_seconds_bucket\{.*tool="Read".*le="([^"]+)"/gm),
        ([, le]) => le,
      ),
    }
  }
  const before = await metrics()
  const agent = ensemble.agent('editor', {
    id: 'counted',
    cwd: workspace,
    workspace: '.',
    permissionMode: 'acceptEdits',
  })
  await agent.send('raise a')
  await agent.stop()
  const after = await metrics()
  expect(after).toMatchObject({ read: before.read + 1, edit: before.edit + 1, editTimes: before.editTimes + 1 })
  expect(after.editSeconds).toBeGreaterThan(before.editSeconds)
  expect([after.bounds.at(0), after.bounds.at(-2), after.bounds.at(-1)]).toEqual(['0.005', '300', '+Inf'])
})
