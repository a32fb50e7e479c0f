// The process that hosts flows.ts, as a person writes it.
import { fileURLToPath } from 'node:url'
import { runWorker } from 'ensemble/worker'

/** @param {string} text */
export async function shout(text) {
  return text.toUpperCase()
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await runWorker({ workflowsPath: new URL('./flows.ts', import.meta.url), activities: { shout } })
