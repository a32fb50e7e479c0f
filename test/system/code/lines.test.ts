// What a coding run says of itself: plain lines for logs and pipes, and a live view with its questions in a terminal.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeRepository, type Repository } from '../../support/code.js'
import { startProgram } from '../../support/program.js'
import { openStage, type Stage } from '../../support/stage.js'
import { ENTER, openTestTerminal, type TestTerminal } from '../../support/terminal.js'

const MAIN = new URL('../../../dist/cli/main.js', import.meta.url).pathname
const DOWN = '\u001b[B'
const TEST = `import test from 'node:test'\ntest('starts', () => {})\n`
const PLAN = {
  summary: 'People can log in',
  stages: [
    {
      title: 'Foundation',
      agents: ['types', 'jwt', 'password'].map((name) => ({
        ...{ what: `Add ${name}`, task: `Write auth/${name}.ts`, files: [`auth/${name}.ts`] },
      })),
    },
    { title: 'Notes', agents: [{ what: 'Say how', task: 'Add a section', files: ['README.md'], needs: [1] }] },
  ],
}

let stage: Stage
let repo: Repository
const terminals: TestTerminal[] = []
beforeAll(async () => {
  repo = makeRepository({ 'README.md': '# Shop\n', 'start.test.mjs': TEST })
  stage = await openStage()
  await writeFile(join(stage.home, 'plan.json'), JSON.stringify(PLAN))
})
afterAll(async () => {
  for (const terminal of terminals) terminal.kill()
  await stage.close()
  await rm(repo.directory, { recursive: true, force: true })
})

const common = () => ['--repo', repo.directory, '--test', 'node --test', '--allow-unsandboxed']

async function ensemble(...args: string[]) {
  const program = startProgram(MAIN, args, stage)
  return { code: await program.ended, out: program.out(), err: program.err() }
}

function open(...args: string[]): TestTerminal {
  const { home, server, simulator } = stage
  const terminal = openTestTerminal([process.execPath, MAIN, 'run', 'code', ...args, ...common()], {
    cwd: home,
    env: {
      ...{ PATH: process.env.PATH, HOME: home, TERM: 'xterm-256color', ENSEMBLE_HOME: home },
      ...{ TEMPORAL_ADDRESS: server.address, ANTHROPIC_BASE_URL: simulator.url },
    },
  })
  terminals.push(terminal)
  return terminal
}

/** What differs from run to run. */
function normal(text: string): string {
  return (
    text
      .replaceAll(stage.home, '<home>')
      .replace(/127\.0\.0\.1:\d+/g, '<address>')
      .replace(/code-\d{6}-[a-z0-9]{6}/g, '<run>')
      .replace(/\b[0-9a-f]{64}\b/g, '<digest>')
      .replace(/\[commit\] [0-9a-f]{7} /g, '[commit] <hash> ')
      .replace(/\d+ tokens/g, '<n> tokens')
      .replace(/\$\d+\.\d+/g, '$<n>')
      // Whoever looks a few times a second sees some states and misses others.
      .replace(/^(preparing|running: .*|waiting: .*)\n/gm, '')
      .replace(/^completed: .*/gm, 'completed')
      .trimEnd()
  )
}

it('plain lines tell who does what, stage by stage, and every commit', async () => {
  const asked = await ensemble(
    'run',
    'code',
    'Let people log in',
    '--plan',
    'plan.json',
    '--concurrency',
    '1',
    ...common(),
  )
  expect(asked.code).toBe(10)
  expect(normal(asked.err)).toMatchInlineSnapshot(`
    "Temporal server: <address> (TEMPORAL_ADDRESS)
    run <run>

    4 agents in 2 stages on 4 files, commits to main for $<n>
      -         People can log in
      -         Stage 1 · Foundation (parallel)
      -           [Haiku-1] Add types · auth/types.ts · 2 min · $<n>
      -           [Haiku-2] Add jwt · auth/jwt.ts · 2 min · $<n>
      -           [Haiku-3] Add password · auth/password.ts · 2 min · $<n>
      -         Stage 2 · Notes (parallel)
      -           [Haiku-4] Say how · README.md · 2 min · $<n>
      -         4 min side by side, 8 min one after another
      -         Tests: node --test, without a sandbox
      price     about $<n>, at most $<n> (simulated: nothing is spent)
      basis     the tokens the plan expects each agent to write, 85 % of prompts from the cache, no planning; worst: 3 times the steps, and each agent 2 times
      digest    <digest>
      approve   ensemble approve <run>
      reject    ensemble reject <run>
      revise    ensemble revise <run> --input patch.json, or --note TEXT for the planner"
  `)
  const offered = await ensemble('approve', '@last', '--by', 'north')
  expect(offered.code).toBe(10)
  expect(normal(offered.err)).toMatchInlineSnapshot(`
    "Temporal server: <address> (TEMPORAL_ADDRESS)
    4 agents in 2 stages on 4 files, commits to main for $<n>
      -         People can log in
      -         Stage 1 · Foundation (parallel)
      -           [Haiku-1] Add types · auth/types.ts · 2 min · $<n>
      -           [Haiku-2] Add jwt · auth/jwt.ts · 2 min · $<n>
      -           [Haiku-3] Add password · auth/password.ts · 2 min · $<n>
      -         Stage 2 · Notes (parallel)
      -           [Haiku-4] Say how · README.md · 2 min · $<n>
      -         4 min side by side, 8 min one after another
      -         Tests: node --test, without a sandbox
      price     about $<n>, at most $<n> (simulated: nothing is spent)
      basis     the tokens the plan expects each agent to write, 85 % of prompts from the cache, no planning; worst: 3 times the steps, and each agent 2 times
      digest    <digest>
    approve: taken (plan, by north)
    [Haiku-1] started (claude-haiku-5-5)
    [Haiku-1] created auth/types.ts
    [Haiku-1] complete · auth/types.ts · SIMULATED: done: auth/types.ts · <n> tokens
    [Haiku-2] started (claude-haiku-5-5)
    [Haiku-2] created auth/jwt.ts
    [Haiku-2] complete · auth/jwt.ts · SIMULATED: done: auth/jwt.ts · <n> tokens
    [Haiku-3] started (claude-haiku-5-5)
    [Haiku-3] created auth/password.ts
    [Haiku-3] complete · auth/password.ts · SIMULATED: done: auth/password.ts · <n> tokens
    Stage 1 complete (3/3)
    [Haiku-4] started (claude-haiku-5-5)
    [Haiku-4] changed README.md
    [Haiku-4] complete · README.md · SIMULATED: done: README.md · <n> tokens
    Stage 2 complete (1/1)
    [tests] started
    [tests] 1/1 passing

    create 4 commits? Tests: 1/1 passing
      [Haiku-1] SIMULATED: done: auth/types.ts
        created auth/types.ts (+2 −0)
      [Haiku-2] SIMULATED: done: auth/jwt.ts
        created auth/jwt.ts (+2 −0)
      [Haiku-3] SIMULATED: done: auth/password.ts
        created auth/password.ts (+2 −0)
      [Haiku-4] SIMULATED: done: README.md
        changed README.md (+1 −0)
      Tests: 1/1 passing
      Commits to be created:
        [Haiku-1] Add types
        [Haiku-2] Add jwt
        [Haiku-3] Add password
        [Haiku-4] Say how
      digest    <digest>
      approve   ensemble approve <run>
      reject    ensemble reject <run>
      revise    ensemble revise <run> --item Haiku-1 --note "what to change""
  `)
  const done = await ensemble('approve', '@last', '--by', 'north')
  expect(done.code).toBe(0)
  expect(normal(done.err.split('\n\n')[0] ?? '')).toMatchInlineSnapshot(`
    "Temporal server: <address> (TEMPORAL_ADDRESS)
    create 4 commits? Tests: 1/1 passing
      [Haiku-1] SIMULATED: done: auth/types.ts
        created auth/types.ts (+2 −0)
      [Haiku-2] SIMULATED: done: auth/jwt.ts
        created auth/jwt.ts (+2 −0)
      [Haiku-3] SIMULATED: done: auth/password.ts
        created auth/password.ts (+2 −0)
      [Haiku-4] SIMULATED: done: README.md
        changed README.md (+1 −0)
      Tests: 1/1 passing
      Commits to be created:
        [Haiku-1] Add types
        [Haiku-2] Add jwt
        [Haiku-3] Add password
        [Haiku-4] Say how
      digest    <digest>
    approve: taken (work, by north)
    [commit] started
    [commit] <hash> [Haiku-1] Add types
    [commit] <hash> [Haiku-2] Add jwt
    [commit] <hash> [Haiku-3] Add password
    [commit] <hash> [Haiku-4] Say how
    completed"
  `)
  expect(done.out).toContain('Tests: 1/1 passing')
})

it('in a terminal a plan is changed and taken, the work is changed by those who are named, and then committed', async () => {
  const terminal = open('Add a greeting, a farewell and an apology')
  await terminal.shows(/3 agents in 1 stage[\s\S]*Go ahead\?/)
  terminal.type(`${DOWN}${DOWN}${ENTER}`)
  await terminal.shows(/What should the planner do otherwise/)
  terminal.type(`one after the other, please${ENTER}`)
  await terminal.shows(/waiting[\s\S]*Go ahead\?/)
  terminal.type(ENTER)
  await terminal.shows(/\[Haiku-1\] complete[\s\S]*Commits to be created:[\s\S]*Create the commits\?/)
  terminal.type(`${DOWN}${ENTER}`)
  await terminal.shows(/Who\?/)
  terminal.type(`${DOWN} ${ENTER}`)
  await terminal.shows(/What is to be changed\?/)
  terminal.type(`say it louder${ENTER}`)
  const again = await terminal.shows(/Create the commits\?/)
  expect(again).toContain('[Haiku-2] works again')
  expect(again).not.toContain('[Haiku-1] works again')
  terminal.type(ENTER)
  await terminal.shows(/\[commit\] [0-9a-f]{7} \[Haiku-3\][\s\S]*completed/)
  expect(await terminal.ended).toBe(0)
  expect(repo.git('log', '-3', '--format=%s')).toMatch(/^\[Haiku-3\] .*\n\[Haiku-2\] .*\n\[Haiku-1\] /)
})

it('work that is rejected in a terminal leaves the branch as it was', async () => {
  const before = repo.git('rev-parse', 'HEAD')
  const terminal = open('Add a joke, a riddle and a proverb', '--yes')
  await terminal.shows(/Create the commits\?/)
  terminal.type(`${DOWN}${DOWN}${ENTER}`)
  await terminal.shows(/Why\?/)
  terminal.type(`not now${ENTER}`)
  expect(await terminal.ended).toBe(6)
  expect([repo.git('rev-parse', 'HEAD'), repo.git('status', '--porcelain')]).toEqual([before, ''])
})
