// F27: what a hostile command may try, in the real sandbox. Run by `npm run test:sandbox`, which has found bubblewrap.
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { BuiltinToolOptions } from '../../src/tools/index.js'
import { errorOf, type Room, room } from '../unit/tools/room.js'

const KEY = 'sk-ant-canary'
const allowOldBubblewrap = process.env.ENSEMBLE_ALLOW_OLD_BUBBLEWRAP === '1'
const open = (options: Partial<BuiltinToolOptions> = {}) =>
  room({ allowOldBubblewrap, env: { PATH: process.env.PATH, HOME: homedir(), ANTHROPIC_API_KEY: KEY }, ...options })
const bash = ({ run }: Room, command: string, more: object = {}) => run('Bash', { command, ...more })
const SWITCHES = ['kernel/hostname', 'kernel/core_pattern', 'vm/drop_caches'].map((name) => `/proc/sys/${name}`)
/** The end of a result is what matters; its beginning may be long. */
const ending = async (output: ReturnType<typeof bash>) => errorOf(await output).slice(-300)
const sleepers = (seconds: number) =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line === `sleep ${seconds}`)

describe('the workspace', () => {
  it('can be worked in, and nothing else written', async () => {
    const here = await open()
    expect(await bash(here, 'pwd && echo one > a && mkdir b && cat a')).toBe(`${here.cwd}\none`)
    for (const path of ['/x', '/etc/x', '/usr/x', `${here.outside}/x`, ...SWITCHES])
      expect(errorOf(await bash(here, `echo x > ${path}`))).toMatch(
        /Read-only file system|No such file|Permission denied/,
      )
    // What is around it is a place in memory that goes with the command.
    await bash(here, `echo x > ${here.top}/x; echo x > /tmp/x`)
    await expect(stat(join(here.top, 'x'))).rejects.toThrow('ENOENT')
    await here.expectCanary()
  })

  it('has its git to read, and not to change: neither hooks nor configuration nor another in its place', async () => {
    const here = await open()
    execFileSync('git', ['init', '-q', here.cwd])
    const before = await readFile(join(here.cwd, '.git/config'), 'utf8')
    expect(await bash(here, 'git status --short')).toBe('(no output)')
    for (const change of [
      'echo x > .git/hooks/pre-commit',
      'git config a.b c',
      'mv .git x',
      'rm -rf .git',
      'echo /x > .git/commondir',
    ])
      await ending(bash(here, change))
    expect(await readFile(join(here.cwd, '.git/config'), 'utf8')).toBe(before)
    await here.write('ensemble.config.json', '{}')
    expect(errorOf(await bash(here, 'echo x > ensemble.config.json'))).toMatch(/Read-only/)
    await expect(stat(join(here.cwd, '.git/hooks/pre-commit'))).rejects.toThrow('ENOENT')
  })

  it('gets no git and no settings from a command where there were none', async () => {
    const here = await open()
    const made = 'git init -q; git config core.fsmonitor evil; echo {} > ensemble.config.json; echo {} > .mcp.json'
    expect(await ending(bash(here, made))).toMatch(/put aside: \.git as \.git\.aside-1/)
    for (const name of ['.git', 'ensemble.config.json', '.mcp.json'])
      await expect(stat(join(here.cwd, name))).rejects.toThrow('ENOENT')
  })

  it('has links that lead where the sandbox ends', async () => {
    const here = await open()
    await symlink(join(here.outside, 'canary'), join(here.cwd, 'link'))
    expect(errorOf(await bash(here, 'echo x > link'))).toMatch(/Read-only|No such file/)
    await bash(here, `ln ${here.outside}/canary hard`)
    await here.expectCanary()
  })
})

describe('secrets', () => {
  it('are in no environment a command can read, nor in a file where keys are kept', async () => {
    const here = await open()
    await here.write('ANTHROPIC_API_KEY.txt', KEY)
    await mkdir(join(here.cwd, 'data'))
    await here.write('data/store', KEY)
    const hiding = await open({ hidden: [join(here.cwd, 'data')] })
    const look =
      'env; cat /proc/*/environ /proc/self/environ | tr "\\0" "\\n"; cat ANTHROPIC_API_KEY.txt; cat data/*; true'
    const seen = await hiding.run('Bash', { command: look }, { cwd: here.cwd })
    expect(seen).toContain('PATH=')
    expect(JSON.stringify(seen)).not.toContain(KEY)
  })

  it('of the user are out of sight: homes, sockets of services, other processes', async () => {
    const here = await open()
    const probe = `ls -A ${homedir()} /run /home 2>/dev/null | grep -v ':$' | grep -v '^$'; ls -d /proc/[0-9]* | wc -l`
    const [count, ...more] = ((await bash(here, probe)) as string).split('\n').reverse()
    expect(more.filter((line) => line !== '')).toEqual([])
    expect(Number(count)).toBeLessThan(10)
  })
})

describe('the network', () => {
  it('is not there, this machine’s own included, unless the worker allows it', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((done) => server.once('listening', done))
    const { port } = server.address() as { port: number }
    const ask = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`
    expect(errorOf(await bash(await open(), ask))).toMatch(/refused|unreachable/i)
    expect(await bash(await open({ network: true }), ask)).toBe('hello')
  })
})

describe('a command that will not behave', () => {
  const limits = { processes: 100, memoryBytes: 512 * 1024 ** 2, diskBytes: 300 * 1024 ** 2 }

  it('and multiplies without end is ended, all of it', async () => {
    const here = await open({ limits })
    expect(await ending(bash(here, 'bomb() { sleep 4242 & bomb | bomb & }; bomb; sleep 60'))).toMatch(
      /more than 100 processes|Resource temporarily unavailable/,
    )
    expect(sleepers(4242)).toEqual([])
  })

  it('and says 10 GB is ended long before', async () => {
    const before = process.memoryUsage.rss()
    expect(await ending(bash(await open(), 'head -c 10G /dev/zero'))).toMatch(/it said more than 104857600 bytes/)
    expect(process.memoryUsage.rss() - before).toBeLessThan(300 * 1024 ** 2)
  })

  it('and fills the disk, or a file, is ended', async () => {
    const here = await open({ limits })
    const many = 'for i in $(seq 10000); do head -c 50M /dev/zero > f$i || exit 9; done'
    expect(await ending(bash(here, many))).toMatch(/it filled the disk/)
  })

  it('and fills what is only in memory is stopped by its size', async () => {
    const here = await open({ limits: { ...limits, memoryBytes: 4 * 1024 ** 3 } })
    expect(await ending(bash(here, 'head -c 100M /dev/zero > /dev/shm/x'))).toMatch(/No space left on device/)
  })

  it('and takes all memory is ended', async () => {
    const swell = `${process.execPath} -e "const a=[];for(;;)a.push(Buffer.alloc(1e7,1))"`
    const here = await open({ limits })
    expect(await ending(bash(here, swell))).toMatch(/more than 536870912 bytes of memory/)
  })

  it('and stays as a daemon ends with its command', async () => {
    expect(await bash(await open(), '(setsid nohup sleep 4243 >/dev/null 2>&1 &) ; echo started')).toBe('started')
    expect(sleepers(4243)).toEqual([])
  })

  it('and ignores being asked to end is made to, its children included', async () => {
    const deaf = "trap '' TERM; (trap '' TERM; sleep 4244) & sleep 4244"
    expect(await ending(bash(await open(), deaf, { timeout: 1000 }))).toMatch(/ended after 1 s/)
    expect(sleepers(4244)).toEqual([])
  })

  it('and is asked to end may tidy up', async () => {
    const polite = "trap 'echo bye; exit' TERM; sleep 100 & wait"
    expect(await ending(bash(await open(), polite, { timeout: 1000 }))).toBe(
      'bye\n(ended after 1 s: its time was over)',
    )
  })

  it('and wants more rights gets none', async () => {
    const here = await open()
    await writeFile(
      join(here.cwd, 'try.sh'),
      'mount -t tmpfs x /mnt; unshare -r true; chroot / true; date -s 2000-01-01;',
    )
    const said = JSON.stringify(await bash(here, 'bash try.sh; grep CapEff /proc/self/status'))
    expect(said).toContain('CapEff:\\t0000000000000000')
  })
})
