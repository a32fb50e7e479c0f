// Run by program-download.ts: makes the SDK download its Temporal program into the directory given, by starting and
// stopping a server.

import { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime } from '@temporalio/worker'

try {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const executable = { type: 'cached-download', downloadDir: process.argv[2]! } as const
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } })
  await environment.teardown()
} catch (error) {
  console.error((error as Error).message.replaceAll('\n', ' '))
  process.exitCode = 1
}
