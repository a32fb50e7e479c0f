import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openServer } from '../../src/client/server.js'
import { startProxy } from '../support/proxy.js'
import { startServer } from '../support/temporal-server.js'
import { until } from '../support/until.js'

it('a connection closed while a request is being repeated ends without an uncaught error', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-close-'))
  const temporal = await startServer(dir)
  const proxy = await startProxy(temporal.port)
  onTestFinished(async () => {
    await proxy.close()
    await temporal.stop()
    await rm(dir, { recursive: true, force: true })
  })
  const uncaught: unknown[] = []
  const note = (error: unknown) => uncaught.push(error)
  process.on('uncaughtException', note)
  onTestFinished(() => void process.off('uncaughtException', note))
  const server = await openServer({
    address: proxy.address,
    namespace: 'default',
    taskQueue: 'ensemble',
    storeDir: join(dir, 'store'),
  })
  proxy.refuse()
  const asked = server.client.workflow
    .getHandle('nobody')
    .describe()
    .then(
      () => 'answered',
      () => 'failed',
    )
  await until('the cut to be met', () => proxy.hit() > 1)
  await server.close()
  expect(await asked).toBe('failed')
  await new Promise((resolve) => setTimeout(resolve, 6000))
  expect(uncaught).toEqual([])
})
