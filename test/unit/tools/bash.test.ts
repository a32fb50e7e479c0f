// What needs no sandbox program: when a command is refused, and the bounds it has even where a run goes without.
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { until } from '../../support/until.js'
import { errorOf, room } from './room.js'

/** A place for programs of the test's own, ahead of which nothing is found. */
async function pathWith(cwd: string, programs: Record<string, string>): Promise<string> {
  const bin = join(cwd, '..', 'bin')
  await mkdir(bin)
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(bin, name), 0o755)
  }
  return bin
}

/** A zombie until somebody asks for it is gone, too. */
function gone(pid: number): Promise<boolean> {
  return until(`${pid} to be gone`, () => {
    try {
      return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z')
    } catch {
      return true
    }
  })
}

describe('without a sandbox', () => {
  it('a command is refused, and what to install is said', async () => {
    const here = await room()
    const PATH = await pathWith(here.cwd, {})
    const { run } = await room({ env: { PATH } })
    const refused = errorOf(await run('Bash', { command: 'touch /tmp/never' }, { cwd: here.cwd }))
    expect(refused).toMatch(/there is none here: wanted bubblewrap 0\.12\.0 or newer \(the package "bubblewrap"/)
  })

  it.each([
    ['0.11.9', /bubblewrap 0\.11\.9 writes through symbolic links \(CVE-2026-87766\): wanted 0\.12\.0 or newer/],
    ['0.12.0', /the sandbox does not start on the worker's machine, so the command was not run: bwrap: No permission/],
    ['1.0.0', /the sandbox does not start/],
  ])('bubblewrap %s: %s', async (version, reason) => {
    const here = await room()
    const fake = `[ "$1" = --version ] && echo bubblewrap ${version} && exit; echo "bwrap: No permission" >&2; exit 1`
    const PATH = await pathWith(here.cwd, { bwrap: fake })
    const { run } = await room({ env: { PATH } })
    expect(errorOf(await run('Bash', { command: 'touch never' }, { cwd: here.cwd }))).toMatch(reason)
    expect(execFileSync('ls', [here.cwd], { encoding: 'utf8' })).toBe('')
  })
})

it('what a command makes in the place of git or of settings is put aside, and the model is told', async () => {
  const here = await room()
  const fake =
    '[ "$1" = --version ] && echo bubblewrap 1.0.0 && exit; while [ "$1" != -- ]; do shift; done; shift; exec "$@"'
  const PATH = `${await pathWith(here.cwd, { bwrap: fake })}:${process.env.PATH}`
  const { run } = await room({ env: { PATH } })
  await symlink('elsewhere', join(here.cwd, '.mcp.json'))
  const command = 'git init -q; echo {} > ensemble.config.json; rm .mcp.json; echo {} > .mcp.json; echo made'
  const told = errorOf(await run('Bash', { command }, { cwd: here.cwd }))
  expect(told).toMatch(/made.*put aside: \.git as \.git\.aside-1, ensemble\.config\.json as /s)
  expect(await readlink(join(here.cwd, '.mcp.json'))).toBe('elsewhere')
  expect((await readdir(here.cwd)).sort()).toEqual([
    ...['.git.aside-1', '.mcp.json', '.mcp.json.aside-1', 'ensemble.config.json.aside-1'],
  ])
  expect(await run('Bash', { command: 'echo well' }, { cwd: here.cwd })).toBe('well')
})

describe('a run that says it may do without', () => {
  const limits = { outputBytes: 1_000_000, processes: 40, memoryBytes: 300 * 1024 ** 2 }
  const own = (env: NodeJS.ProcessEnv = {}) => room({ limits, env: { PATH: process.env.PATH, ...env } })
  const allowed = { allowUnsandboxed: true }

  it('gets what a command says, both ways, and how it ended', async () => {
    const { run } = await own()
    expect(await run('Bash', { command: 'echo out; echo err >&2' }, allowed)).toBe('out\nerr')
    expect(await run('Bash', { command: 'true' }, allowed)).toBe('(no output)')
    expect(errorOf(await run('Bash', { command: 'echo so; exit 3' }, allowed))).toBe('so\n(exit code 3)')
    expect(errorOf(await run('Bash', { command: 'kill -KILL $$' }, allowed))).toBe('(ended by SIGKILL; no output)')
  })

  it('reads nothing from the worker: no input, no variable but a few', async () => {
    const { run } = await own({ ANTHROPIC_API_KEY: 'sk-canary', AWS_SECRET: 'canary' })
    expect(await run('Bash', { command: 'cat; env' }, allowed)).not.toContain('canary')
    const { run: passing } = await room({ passEnv: ['FLAG'], env: { PATH: process.env.PATH, FLAG: 'up' } })
    expect(await passing('Bash', { command: 'echo $FLAG' }, allowed)).toBe('up')
  })

  it('keeps the beginning and the end of long output, and ends what does not end', async () => {
    const { run } = await own()
    const long = (await run('Bash', { command: 'echo first; seq 40000; echo last' }, allowed)) as string
    expect(long).toMatch(/^first\n1\n[^…]+\n… \(\d+ bytes left out\) …\n[^…]+\nlast$/)
    expect(long.length).toBeLessThan(140_000)
    const endless = errorOf(await run('Bash', { command: 'yes é' }, allowed))
    expect(endless).toMatch(/\(ended: it said more than 1000000 bytes\)$/)
    expect(endless).not.toContain('\ufffd')
  })

  it('is asked to end when its time is over, and made to when it does not', async () => {
    const { run } = await own()
    const polite = "trap 'echo bye; exit' TERM; sleep 100 & wait"
    expect(errorOf(await run('Bash', { command: polite, timeout: 1000 }, allowed))).toBe(
      'bye\n(ended after 1 s: its time was over)',
    )
    const deaf = "trap '' TERM; sleep 100; sleep 100"
    expect(errorOf(await run('Bash', { command: deaf, timeout: 1000 }, allowed))).toMatch(/^\(ended after 1 s/)
  })

  it('ends with the run, its children included', async () => {
    const { run, cwd } = await own()
    const stop = new AbortController()
    const running = run('Bash', { command: 'sleep 1000 & echo $! > pid; wait' }, { ...allowed, signal: stop.signal })
    const pid = await until('the child', () =>
      readFile(join(cwd, 'pid'), 'utf8').then(
        (text) => text !== '' && text,
        () => false,
      ),
    )
    stop.abort()
    expect(errorOf(await running)).toBe('(ended: the run was stopped; no output)')
    await gone(Number(pid))
  })

  it('leaves no background process of its group behind', async () => {
    const { run, cwd } = await own()
    await run('Bash', { command: 'sleep 1000 >/dev/null 2>&1 & echo $! > pid' }, allowed)
    const pid = Number(await readFile(join(cwd, 'pid'), 'utf8'))
    await gone(pid)
  })

  it.each([
    ['multiplies', 'for i in $(seq 100); do sleep 100 & done; wait', /more than 40 processes/],
    [
      'swells',
      `${process.execPath} -e "const a=[];for(;;)a.push(Buffer.alloc(1e7,1))"`,
      /more than 314572800 bytes of memory/,
    ],
  ])('that %s is ended', async (_, command, reason) => {
    const { run } = await own()
    expect(errorOf(await run('Bash', { command }, allowed))).toMatch(reason)
  })
})
