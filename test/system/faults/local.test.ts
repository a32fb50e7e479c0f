// Whoever is killed in the local room, the others go on and nothing stays behind.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { it, NOTHING, SERVER, serves } from '../../support/local-test.js'
import { until } from '../../support/until.js'

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
