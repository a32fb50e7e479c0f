// The local room as commands use it: one server per data directory, kept while somebody uses it, whoever is killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import { it as base, describe, expect, inject } from 'vitest'
import { LocalTestRoom, LocalUser } from '../support/local-user.js'
import { freePort } from '../support/ports.js'
import { until } from '../support/until.js'

const NOTHING = { server: 0, keeper: 0, worker: 0, simulator: 0 }
const SERVER = { ...NOTHING, server: 1, keeper: 1 }

type Start = (options?: Parameters<typeof LocalUser.start>[2], home?: string, env?: NodeJS.ProcessEnv) => LocalUser

/** Each test has a room to itself, so that they can run at once. */
const it = base.extend<{ room: LocalTestRoom; user: Start }>({
  room: async ({ onTestFinished }, use) => {
    const room = await LocalTestRoom.open()
    onTestFinished(() => room.close())
    await use(room)
  },
  user: ({ room }, use) =>
    use((options = {}, home = room.home(), env = {}) => LocalUser.start(room, home, options, env)),
})

describe.concurrent('one server per data directory', () => {
  it('is shared by commands that start at the same time, and nothing is left when the last one stops', async ({
    room,
    user,
  }) => {
    const users = [user(), user(), user()]
    const seen = await Promise.all(users.map((each) => each.seen()))
    expect(new Set(seen.map(({ address }) => address)).size).toBe(1)
    expect(room.count()).toEqual(SERVER)
    expect(await users[0]!.stop()).toBe(0)
    expect(await users[1]!.stop()).toBe(0)
    expect(room.count()).toEqual(SERVER)
    expect(await users[2]!.stop()).toBe(0)
    expect(room.count()).toEqual(NOTHING)
    expect(existsSync(join(room.home(), 'server.json'))).toBe(false)
  })

  it('is another one for another data directory', async ({ room, user }) => {
    const [one, other] = [user(), user({}, room.home('other'))]
    expect((await one.seen()).address).not.toBe((await other.seen()).address)
    expect(room.count()).toEqual({ ...NOTHING, server: 2, keeper: 2 })
    await Promise.all([one.stop(), other.stop()])
    expect(room.count()).toEqual(NOTHING)
  })

  it('is started again on its file, at the same address', async ({ user }) => {
    const first = user()
    const before = await first.seen()
    await first.stop()
    const second = user({ start: false })
    expect(await second.seen()).toMatchObject({ address: before.address, webUrl: before.webUrl, ours: true })
    await second.stop()
  })

  it('takes other ports when one was taken while it started', async ({ room, user }) => {
    const program = join(room.path, 'bin', 'temporal')
    const tried = join(room.path, 'tried')
    const taken = `[ -e ${tried} ] || { : > ${tried}; echo 'listen tcp 127.0.0.1:1: bind: address already in use'; exit 1; }`
    rmSync(program)
    const script = `#!/bin/sh\ncase "$*" in *start-dev*) ${taken};; esac\nexec ${inject('temporalProgram')} "$@"\n`
    writeFileSync(program, script, { mode: 0o755 })
    const one = user()
    expect(await one.seen()).toMatchObject({ ours: true })
    expect(existsSync(tried)).toBe(true)
    expect(await one.stop()).toBe(0)
    expect(room.count()).toEqual(NOTHING)
  })

  it('gives a file that was made without them the search attributes', async ({ room, user }) => {
    await plainDatabase(room.home())
    const one = user()
    const { address } = await one.seen()
    const connection = await Connection.connect({ address })
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' })
    await connection.close()
    expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(['EnsembleWaiting', 'EnsembleUsd']))
    await one.stop()
  })

  it('serves the namespace that is asked for', async ({ room, user }) => {
    const one = user({}, room.home(), { TEMPORAL_NAMESPACE: 'team' })
    const { address } = await one.seen()
    const other = user({}, room.home(), { TEMPORAL_NAMESPACE: 'second' })
    expect((await other.seen()).address).toBe(address)
    expect(await serves(address, 'team')).toBe(true)
    expect(await serves(address, 'second')).toBe(true)
    await Promise.all([one.stop(), other.stop()])
  })
})

it.concurrent('files that were cut when the power failed are made anew', async ({ room, user }) => {
  mkdirSync(room.home())
  for (const name of ['server.json', 'ports.json', 'keeper.lock.1']) writeFileSync(join(room.home(), name), '')
  const one = user()
  expect(await serves((await one.seen()).address)).toBe(true)
  await one.stop()
  expect(room.count()).toEqual(NOTHING)
})

describe.concurrent('kill -9', () => {
  it('of a command leaves the server to the others, and of the last one ends it', async ({ room, user }) => {
    const [one, other] = [user(), user()]
    const { address } = await one.seen()
    await other.seen()
    await one.kill()
    const late = user()
    expect((await late.seen()).address).toBe(address)
    await late.stop()
    expect(await serves(address)).toBe(true)
    await other.kill()
    await room.untilEmpty()
    expect(existsSync(join(room.home(), 'server.json'))).toBe(false)
  })

  it('of the keeper lets a running command go on with the same server, which still ends with it', async ({
    room,
    user,
  }) => {
    const one = user()
    const { address } = await one.seen()
    const { keeper, server } = room.processes()
    process.kill(keeper[0]!, 'SIGKILL')
    await until('another keeper', () => room.processes().keeper.some((pid) => pid !== keeper[0]))
    const late = user()
    expect((await late.seen()).address).toBe(address)
    expect(room.processes().server).toEqual(server)
    expect(await one.stop()).toBe(0)
    expect(await late.stop()).toBe(0)
    expect(room.count()).toEqual(NOTHING)
  })

  it('of the keeper and its only user leaves a server that the next command takes over and ends', async ({
    room,
    user,
  }) => {
    const one = user()
    await one.seen()
    const { keeper, server } = room.processes()
    one.child.kill('SIGSTOP') // it shall not start another keeper first
    process.kill(keeper[0]!, 'SIGKILL')
    await one.kill()
    expect(room.processes().server).toEqual(server)
    const [next, another] = [user(), user()]
    expect((await next.seen()).address).toBe((await another.seen()).address)
    expect(room.processes().server).toEqual(server)
    await Promise.all([next.stop(), another.stop()])
    expect(room.count()).toEqual(NOTHING)
  })

  it('of a keeper whose record is lost too never leads to two servers on one file', async ({ room, user }) => {
    const one = user()
    await one.seen()
    const { keeper, server } = room.processes()
    one.child.kill('SIGSTOP')
    process.kill(keeper[0]!, 'SIGKILL')
    rmSync(join(room.home(), 'server.json'))
    await one.kill()
    const next = user()
    expect(await serves((await next.seen()).address)).toBe(true)
    expect(room.processes().server).not.toEqual(server)
    expect(room.count()).toEqual(SERVER)
    await next.stop()
  })

  it('of the server brings it back at its address', async ({ room, user }) => {
    const one = user()
    const { address } = await one.seen()
    const [server] = room.processes().server
    process.kill(server!, 'SIGKILL')
    await until('the server to be back', async () => room.processes().server[0] !== server && (await serves(address)))
    await one.stop()
    expect(room.count()).toEqual(NOTHING)
  })
})

describe.concurrent('a worker', () => {
  it('drains when its command is killed, while the server stays for it', async ({ room, user }) => {
    const one = user({ worker: 'always' })
    const { workers, simulatorUrl } = await one.seen()
    expect(room.count()).toEqual({ server: 1, keeper: 1, worker: 1, simulator: 1 })
    expect(await (await fetch(`${simulatorUrl}/v1/models`, { headers: { 'x-api-key': 'any' } })).json()).toBeTruthy()
    process.kill(workers[0]!, 'SIGSTOP') // draining takes a while
    await one.kill()
    await expect(until('the server to end', () => room.count().server === 0, 1)).rejects.toThrow('in vain')
    expect(room.count()).toEqual({ server: 1, keeper: 1, worker: 1, simulator: 1 })
    process.kill(workers[0]!, 'SIGCONT')
    await room.untilEmpty()
  })

  it('is started by a command only where no host has one', async ({ room, user }) => {
    const host = user({ worker: 'always', host: true })
    expect((await host.seen()).workers).toHaveLength(1)
    const guest = user({ worker: 'unless-hosted' })
    expect((await guest.seen()).workers).toEqual([])
    const elsewhere = user({ worker: 'unless-hosted' }, room.home(), { ENSEMBLE_TASK_QUEUE: 'another' })
    expect((await elsewhere.seen()).workers).toHaveLength(1)
    expect(room.count()).toEqual({ server: 1, keeper: 1, worker: 2, simulator: 1 })
    expect(await Promise.all([elsewhere.stop(), guest.stop(), host.stop()])).toEqual([0, 0, 0])
    expect(room.count()).toEqual(NOTHING)
  })

  it('that is killed is followed by another one, which ends with its command', async ({ room, user }) => {
    const one = user({ worker: 'unless-hosted' })
    const [killed] = (await one.seen()).workers
    process.kill(killed!, 'SIGKILL')
    await until('another worker', async () => {
      const { workers } = await one.tell('look')
      return workers.length === 1 && workers[0] !== killed
    })
    expect(one.said.some((line) => line.includes('SIGKILL'))).toBe(true)
    expect(await one.stop()).toBe(0)
    expect(room.count()).toEqual(NOTHING)
  })

  it('and its server end with their command also when the data directory was deleted under them', async ({
    room,
    user,
  }) => {
    const one = user({ worker: 'always' })
    const { workers } = await one.seen()
    rmSync(room.home(), { recursive: true, force: true, maxRetries: 10 })
    process.kill(workers[0]!, 'SIGKILL')
    await until('the command to notice', () => one.said.some((line) => line.includes('SIGKILL')))
    await new Promise((done) => setTimeout(done, 2500)) // the keeper touches its lock every two seconds
    expect(room.count()).toMatchObject({ server: 1, keeper: 1 })
    expect(await one.stop()).toBe(0)
    await room.untilEmpty()
  })

  it('finds the simulator back at its address after that was killed', async ({ room, user }) => {
    const one = user({ worker: 'always' })
    const { simulatorUrl } = await one.seen()
    const [simulator] = room.processes().simulator
    process.kill(simulator!, 'SIGKILL')
    await until('the simulator to be back', async () => {
      const answer = await fetch(simulatorUrl!).catch(() => undefined)
      return answer?.ok === true && room.processes().simulator[0] !== simulator
    })
    expect(await one.stop()).toBe(0)
    expect(room.count()).toEqual(NOTHING)
  })
})

describe.concurrent('somebody else’s server', () => {
  it('is used when it is configured, and left running', async ({ room, user }) => {
    const owner = user({}, room.home('theirs'))
    const { address } = await owner.seen()
    const one = user({ worker: 'always' }, room.home(), { TEMPORAL_ADDRESS: address })
    expect(await one.seen()).toMatchObject({ address, ours: false })
    expect(room.count()).toEqual({ server: 1, keeper: 2, worker: 1, simulator: 1 })
    expect(await one.stop()).toBe(0)
    expect(room.count()).toEqual(SERVER)
    await owner.stop()
  })

  it('is used when it is found on the usual port', async ({ room, user }) => {
    const owner = user({}, room.home('theirs'))
    const { address } = await owner.seen()
    const one = user({ usualPort: Number(address.split(':')[1]) })
    expect(await one.seen()).toMatchObject({ address, ours: false })
    expect(await one.stop()).toBe(0)
    await owner.stop()
  })

  it('is named when it is configured and cannot be reached, and nothing is started instead', async ({ room, user }) => {
    const address = `127.0.0.1:${await freePort()}`
    const one = user({}, room.home(), { TEMPORAL_ADDRESS: address })
    const { name, error } = await one.seen()
    expect(name).toBe('NoServerError')
    expect(error).toContain(`${address} (TEMPORAL_ADDRESS)`)
    expect(room.count()).toEqual(NOTHING)
  })

  it.for([
    ['answers HTTP', () => createHttpServer((_, response) => void response.end('no Temporal'))],
    ['accepts and says nothing', () => createTcpServer()],
  ] as const)('is not what %s on the usual port: that is passed over', async ([, listener], { user }) => {
    const taken = listener()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const { port } = taken.address() as { port: number }
    const sockets = new Set<Socket>()
    taken.on('connection', (socket: Socket) => sockets.add(socket))
    const one = user({ usualPort: port })
    expect(await one.seen()).toMatchObject({ ours: true })
    expect(one.said.join('\n')).toContain(`What answers on 127.0.0.1:${port} is passed over`)
    expect(sockets.size).toBeGreaterThan(0)
    expect(await one.stop()).toBe(0)
    for (const socket of sockets) socket.destroy()
    taken.close()
  })

  it('is not invented where nothing may be started', async ({ room, user }) => {
    const { name, error } = await user({ start: false }).seen()
    expect(name).toBe('NoServerError')
    for (const way of ['TEMPORAL_ADDRESS', room.home(), `127.0.0.1:${room.usualPort}`]) expect(error).toContain(way)
    expect(room.count()).toEqual(NOTHING)
  })
})

async function serves(address: string, namespace = 'default'): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 5_000 })
    try {
      await connection.withDeadline(Date.now() + 5_000, () =>
        connection.workflowService.describeNamespace({ namespace }),
      )
      return true
    } finally {
      await connection.close()
    }
  } catch {
    return false // the caller says what it expects
  }
}

/** A database file as `temporal server start-dev` makes it for anybody. */
async function plainDatabase(home: string): Promise<void> {
  mkdirSync(home)
  const [port, http] = [await freePort(), await freePort()]
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--db-filename', join(home, 'temporal.db')]
  const child = spawn(inject('temporalProgram'), [...args, '--port', `${port}`, '--http-port', `${http}`], {
    stdio: 'ignore',
  })
  await until('the plain server', () => serves(`127.0.0.1:${port}`))
  child.kill()
  await once(child, 'exit')
}
