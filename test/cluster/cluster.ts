// The services of docker-compose.yml as processes, in its order and with its jobs, commands and variables, so that what a
// deployment relies on has run. One temporary directory, loopback alone, ended by pid.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { inject } from 'vitest'
import { parse } from 'yaml'
import { connectTo, type Ensemble } from '../../src/client/ensemble.js'
import { startSimulator } from '../../src/simulator/index.js'
import { freePort } from '../support/ports.js'
import { type Postgres, startPostgres } from './postgres.js'
import { finish, type Program, start, up } from './processes.js'
import { startTemporal } from './server.js'

const ROOT = join(import.meta.dirname, '../..')
const NAMESPACE = 'default'

export type ClusterWorker = Program & { healthy(): Promise<boolean> }

export type Cluster = {
  ensemble: Ensemble
  /** Temporal's own. */
  client: Client
  simulator: Awaited<ReturnType<typeof startSimulator>>
  workers: ClusterWorker[]
  addWorker(): Promise<ClusterWorker>
  /** `schema` or `namespace`: a job of the compose file, run again. Resolves with what it printed. */
  job(name: 'schema' | 'namespace'): Promise<string>
  close(): Promise<void>
}

type Compose = { services: Record<string, { environment: Record<string, string>; command: string[] }> }

export async function openCluster(): Promise<Cluster> {
  const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as Compose
  const home = await mkdtemp(join(tmpdir(), 'ensemble-cluster-'))
  const closing: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true })]
  const close = async () => {
    for (const end of closing.reverse()) await end()
  }
  try {
    const postgres = await startPostgres(program('ENSEMBLE_TEST_POSTGRES'), await freePort(), 'only-for-this-test')
    closing.push(() => postgres.stop())
    const bin = program('ENSEMBLE_TEST_SERVER')
    // As in the image both tools are on the PATH, under these names.
    await symlink(inject('temporalProgram'), join(home, 'temporal'))
    const path = [bin, home, process.env.PATH].join(delimiter)
    const job = (name: 'schema' | 'namespace') => {
      const given = { ...schemaPart(postgres), TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: NAMESPACE }
      const env = settings(compose, name, { ...given, RETENTION: '30d' })
      return finish({
        program: 'sh',
        args: [join(ROOT, 'deploy', `${name}.sh`)],
        env: { ...env, PATH: path, HOME: home },
        cwd: home,
      })
    }
    let address = ''
    await job('schema')
    const shards = Number(compose.services.temporal?.environment.NUM_HISTORY_SHARDS)
    const dynamicConfig = join(ROOT, 'deploy', 'dynamicconfig.yaml')
    const temporal = await startTemporal({ bin, home, postgres, shards, dynamicConfig })
    closing.push(() => temporal.server.end('SIGTERM'))
    address = temporal.address
    await job('namespace')
    const simulator = await startSimulator({ latency: 'none' })
    closing.push(() => simulator.close())
    const workers: ClusterWorker[] = []
    closing.push(() => Promise.all(workers.map((worker) => worker.end('SIGKILL'))))
    const addWorker = async () => {
      const worker = await startWorker(compose, { home, address, baseUrl: simulator.url })
      workers.push(worker)
      return worker
    }
    await Promise.all([addWorker(), addWorker()])
    const storeDir = join(home, 'data', 'store')
    const ensemble = await connectTo({
      ...{ address, namespace: NAMESPACE, taskQueue: 'ensemble', storeDir, connection: {} },
      onStarted: async () => {},
    })
    closing.push(() => ensemble.close())
    const connection = await Connection.connect({ address })
    closing.push(() => connection.close())
    const client = new Client({ connection })
    return { ensemble, client, simulator, workers, addWorker, job, close }
  } catch (error) {
    await close()
    throw error
  }
}

const schemaPart = ({ port, user, password }: Postgres) => ({
  ...{ SQL_PLUGIN: 'postgres12', SQL_HOST: '127.0.0.1', SQL_PORT: String(port) },
  ...{ SQL_USER: user, SQL_PASSWORD: password },
})

/** The variables that the compose file gives a service, no more and no less, with the values of here. */
function settings({ services }: Compose, name: string, values: Record<string, string>): Record<string, string> {
  const wanted = Object.keys(services[name]?.environment ?? {})
  const missing = wanted.filter((each) => !(each in values))
  if (missing.length > 0) throw new Error(`${name} of docker-compose.yml wants ${missing.join(', ')}`)
  return Object.fromEntries(wanted.map((each) => [each, values[each]!]))
}

async function startWorker(
  compose: Compose,
  { home, address, baseUrl }: { home: string; address: string; baseUrl: string },
): Promise<ClusterWorker> {
  const env = settings(compose, 'worker', {
    ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: NAMESPACE, ENSEMBLE_HOME: join(home, 'data') },
    ...{ ENSEMBLE_LOG_LEVEL: 'info', ANTHROPIC_API_KEY: '', ANTHROPIC_BASE_URL: baseUrl },
  })
  const port = await freePort()
  // Every worker has a port of its own here, where they share a host.
  const { command = [] } = compose.services.worker ?? {}
  const args = command.map((arg, index) => (command[index - 1] === '--health-port' ? String(port) : arg))
  const log = join(home, `worker-${port}.log`)
  const main = join(ROOT, 'dist', 'cli', 'main.js')
  const worker = start({
    program: process.execPath,
    args: [main, ...args],
    env: { ...env, HOME: home },
    cwd: home,
    log,
  })
  const healthy = () =>
    fetch(`http://127.0.0.1:${port}`).then(
      ({ ok }) => ok,
      () => false,
    )
  await up('a worker', worker, log, healthy)
  return { ...worker, healthy }
}

/** Found by `npm run test:cluster`. */
function program(variable: string): string {
  const path = process.env[variable]
  if (!path) throw new Error(`${variable} is not set: run this by "npm run test:cluster"`)
  return dirname(join(path, 'x'))
}
