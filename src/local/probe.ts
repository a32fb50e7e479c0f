// Asks an address whether it is a Temporal server that can be used: something answers, it is new enough, it serves the
// namespace. Everything has a time limit, because a port may be taken by a program that accepts and then says nothing.
import { connect } from 'node:net'
import type { TemporalConfig } from '../config/index.js'
import { isNewEnough, OLDEST_SERVER } from './program/program-version.js'

export type Probe = { usable: true; version: string } | { usable: false; why: string }

export async function probe(temporal: TemporalConfig, timeoutMs: number): Promise<Probe> {
  if ((await knock(temporal.address, timeoutMs)) === 'refused')
    return { usable: false, why: 'the connection is refused' }
  const { Connection } = await import('@temporalio/client') // heavy, and most commands find a server of ours
  const { address, namespace, tls, apiKey, metadata } = temporal
  try {
    const connection = await Connection.connect({ address, tls, apiKey, metadata, connectTimeout: timeoutMs })
    try {
      return await connection.withDeadline(Date.now() + timeoutMs, async () => {
        const [{ serverVersion }] = await Promise.all([
          connection.workflowService.getSystemInfo({}),
          connection.workflowService.describeNamespace({ namespace }),
        ])
        if (isNewEnough(serverVersion)) return { usable: true, version: serverVersion }
        return { usable: false, why: `its version is ${serverVersion}; wanted ${OLDEST_SERVER} or newer` }
      })
    } finally {
      await connection.close()
    }
  } catch (error) {
    return { usable: false, why: reason(error as Error & { code?: number; details?: string }, namespace) }
  }
}

/** gRPC codes. */
function reason(error: Error & { code?: number; details?: string }, namespace: string): string {
  if (error.code === 5) return `it does not serve the namespace "${namespace}"`
  if (error.code === 7 || error.code === 16) return `it refused these credentials: ${error.details}`
  return (error.details || error.message).split('\n')[0]!
}

/** What happens to a TCP connection to this address; a refusal is known at once, where the client would try again. */
export function knock(address: string, timeoutMs: number): Promise<'accepted' | 'refused' | 'unknown'> {
  const { hostname, port } = new URL(`tcp://${address}`)
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), timeout: timeoutMs })
  return new Promise<'accepted' | 'refused' | 'unknown'>((done) => {
    socket.once('connect', () => done('accepted'))
    socket.once('timeout', () => done('unknown'))
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'ECONNREFUSED' ? 'refused' : 'unknown'))
  }).finally(() => socket.destroy())
}
