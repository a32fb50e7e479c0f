// What the keeper asks its server over the server's own HTTP interface, which needs no client library: is it there, and
// does it have the namespace, the search attributes and a retention worth the name durable.
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ServerPorts } from './data-directory.js'
import { without } from './environment.js'

const ANSWER_MS = 2_000
const COMMAND_MS = 20_000
const REFRESH_MS = 30_000

const SEARCH_ATTRIBUTES = { EnsembleWaiting: 'Bool', EnsembleUsd: 'Double' }

/** A development server forgets finished runs after a day unless told otherwise. */
const RETENTION = '720h'
const RETENTION_SECONDS = 720 * 3600

type Namespace = { config?: { workflowExecutionRetentionTtl?: string; customSearchAttributeAliases?: object } }

export async function isServing(httpPort: number, namespace: string): Promise<boolean> {
  return (await describe(httpPort, namespace)) !== undefined
}

/** `--namespace` and `--search-attribute` of a start count for a new database only, so the rest is made good here. */
export async function ensureNamespace(options: {
  program: string
  namespace: string
  ports: ServerPorts
}): Promise<void> {
  const { program, namespace, ports } = options
  const target = ['--address', `127.0.0.1:${ports.grpc}`, '--namespace', namespace, '--disable-config-file']
  const operator = (...args: string[]) => operate(program, [...args, ...target])
  if (!(await isServing(ports.http, namespace))) await operator('namespace', 'create', '--retention', RETENTION)
  const { config } = (await describe(ports.http, namespace)) ?? {}
  const known = Object.values(config?.customSearchAttributeAliases ?? {})
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !known.includes(name))
  if (missing.length > 0) {
    await operator('search-attribute', 'create', ...missing.flatMap(([name, type]) => ['--name', name, '--type', type]))
  }
  if (Number.parseInt(config?.workflowExecutionRetentionTtl ?? '', 10) < RETENTION_SECONDS) {
    await operator('namespace', 'update', '--retention', RETENTION)
  }
}

/** A namespace made just now is known to all of the server only after its next refresh, some seconds later. */
async function operate(program: string, args: string[]): Promise<void> {
  const env = without(process.env, 'TEMPORAL_', 'ANTHROPIC_')
  for (const until = Date.now() + REFRESH_MS; ; await sleep(200)) {
    try {
      await promisify(execFile)(program, ['operator', ...args], { env, timeout: COMMAND_MS })
      return
    } catch (error) {
      if (!/Namespace \S+ is not found/.test((error as Error).message) || Date.now() > until) throw error
    }
  }
}

/** undefined: no server there, or it does not have the namespace. */
async function describe(httpPort: number, namespace: string): Promise<Namespace | undefined> {
  const url = `http://127.0.0.1:${httpPort}/api/v1/namespaces/${encodeURIComponent(namespace)}`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
    return answer.ok ? ((await answer.json()) as Namespace) : undefined
  } catch {
    return undefined // nothing listens yet, or what listens does not speak this
  }
}
