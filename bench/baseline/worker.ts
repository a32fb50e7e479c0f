// The baseline's worker process, with the same worker options as ours.
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { bareActivities } from './activities.js'

Runtime.install({ logger: new DefaultLogger('ERROR') })
const [address = '', baseUrl = ''] = process.argv.slice(2)
const connection = await NativeConnection.connect({ address })
const workflowsPath = fileURLToPath(new URL('./workflows.js', import.meta.url))
const worker = await Worker.create({
  connection,
  taskQueue: 'bare',
  workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
  activities: bareActivities(baseUrl),
  maxConcurrentActivityTaskExecutions: 500,
  maxEagerActivityReservationsPerWorkflowTask: 100,
  maxCachedWorkflows: 100,
})
process.once('disconnect', () => worker.shutdown())
const running = worker.run()
process.send?.({ ready: true })
await running
await connection.close()
