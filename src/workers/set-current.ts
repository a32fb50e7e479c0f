// Makes the version a worker polls as its deployment's current one: new runs go to it, threads move to it. The server knows
// a version only from its polls, so right after the start it is asked until it does.
import { setTimeout as sleep } from 'node:timers/promises'
import type { NativeConnection } from '@temporalio/worker'

const WAIT_MS = 60_000
const AGAIN_MS = 250
/** gRPC's NOT_FOUND and FAILED_PRECONDITION: no poll has come yet. ABORTED: somebody else just changed it. */
const NOT_YET = [5, 9, 10]

export type Version = { namespace: string; deployment: { name: string; buildId: string } }

export async function setCurrent(connection: NativeConnection, { namespace, deployment }: Version): Promise<void> {
  const request = {
    namespace,
    deploymentName: deployment.name,
    buildId: deployment.buildId,
    // What servers before build ids of their own read.
    version: `${deployment.name}.${deployment.buildId}`,
  }
  for (const until = Date.now() + WAIT_MS; ; ) {
    try {
      await connection.workflowService.setWorkerDeploymentCurrentVersion(request)
      return
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? Number(error.code) : undefined
      if (code === undefined || !NOT_YET.includes(code) || Date.now() > until) throw error
      await sleep(AGAIN_MS)
    }
  }
}
