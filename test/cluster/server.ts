// A Temporal server as docker-compose.yml runs one: its own process on PostgreSQL, with the databases made by the same job
// and the same dynamic configuration. The image writes its configuration from variables; here it is written directly.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePorts } from '../support/ports.js'
import { accepts, type Postgres } from './postgres.js'
import { type Program, start, up } from './processes.js'

export type ServerOptions = {
  /** Of `temporal-server`. */
  bin: string
  home: string
  postgres: Postgres
  shards: number
  dynamicConfig: string
}

export async function startTemporal(options: ServerOptions): Promise<{ address: string; server: Program }> {
  const { bin, home } = options
  const ports = await freePorts(9)
  const directory = join(home, 'server')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'cluster.yaml'), stringify(configuration(options, ports)))
  const log = join(home, 'server.log')
  const server = start({
    program: join(bin, 'temporal-server'),
    args: ['--root', home, '--config', 'server', '--env', 'cluster', '--allow-no-auth', 'start'],
    cwd: home,
    log,
  })
  await up('the Temporal server', server, log, () => accepts(ports[0]!))
  return { address: `127.0.0.1:${ports[0]}`, server }
}

function configuration({ postgres, shards, dynamicConfig }: ServerOptions, ports: number[]) {
  const [frontend, http, ...others] = ports
  const service = (grpcPort: number, membershipPort: number) => ({
    rpc: { grpcPort, membershipPort, bindOnLocalHost: true },
  })
  const store = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${postgres.port}`,
      connectProtocol: 'tcp',
      user: postgres.user,
      password: postgres.password,
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
    },
  })
  const [frontendMembers, history, historyMembers, matching, matchingMembers, worker, workerMembers] = others
  const front = service(frontend!, frontendMembers!)
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      numHistoryShards: shards,
      defaultStore: 'default',
      visibilityStore: 'visibility',
      datastores: { default: store('temporal'), visibility: store('temporal_visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: { rpc: { ...front.rpc, httpPort: http } },
      history: service(history!, historyMembers!),
      matching: service(matching!, matchingMembers!),
      worker: service(worker!, workerMembers!),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${frontend}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: dynamicConfig, pollInterval: '60s' },
  }
}
