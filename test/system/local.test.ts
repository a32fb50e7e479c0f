// The local room as commands use it: one server per data directory, kept while somebody uses it, whoever is killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import { describe, expect, inject } from 'vitest'
import { it, NOTHING, SERVER, serves } from '../support/local-test.js'
import { freePort } from '../support/ports.js'
import { until } from '../support/until.js'

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
