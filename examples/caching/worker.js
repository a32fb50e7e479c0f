import { runWorker } from 'ensemble/worker'

await runWorker({ workflowsPath: new URL('./workflows.ts', import.meta.url), taskQueue: 'caching' })
