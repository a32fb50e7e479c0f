// Builds the workflow bundle once, at build time, so that a worker starts in half a second; run by `npm run build`.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

/** The built bundle; only there after `npm run build`. */
export const BUNDLE_PATH = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url))

/** In every workflow, a person's own too. */
export const AHEAD_OF_HISTORY = fileURLToPath(new URL('../workflows/ahead-of-history.js', import.meta.url))

/** The code of all workflows as one script. Throws when it holds anything a workflow may not use. */
export async function buildBundle(): Promise<string> {
  const workflowsPath = fileURLToPath(new URL('../workflows/index.js', import.meta.url))
  const payloadConverterPath = fileURLToPath(new URL('../workflows/payload-converter.js', import.meta.url))
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    payloadConverterPath,
    workflowInterceptorModules: [AHEAD_OF_HISTORY],
    logger: new DefaultLogger('WARN'),
  })
  return code
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(BUNDLE_PATH, await buildBundle())
