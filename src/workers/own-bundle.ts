// The bundle of a worker that hosts a person's own workflows besides ours: built from their file at start, where a
// mistake in it (a name of ours, a module that no workflow may use) ends the start instead of the first run.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, type Logger, type LogLevel } from '@temporalio/worker'
import { AHEAD_OF_HISTORY } from './bundle.js'

const ENTRY = fileURLToPath(new URL('../workflows/own/hosted.js', import.meta.url))
const PAYLOAD_CONVERTER = fileURLToPath(new URL('../workflows/payload-converter.js', import.meta.url))

/** @param workflowsPath a file (.js or .ts) that exports workflows. Throws one error with what the bundler found. */
export async function buildOwnBundle(workflowsPath: string): Promise<string> {
  if (!existsSync(workflowsPath))
    throw new Error(`workflowsPath: there is no ${workflowsPath}; wanted a file of workflows`)
  const said: string[] = []
  try {
    const { code } = await bundleWorkflowCode({
      workflowsPath: ENTRY,
      payloadConverterPath: PAYLOAD_CONVERTER,
      workflowInterceptorModules: [AHEAD_OF_HISTORY],
      logger: listener(said),
      webpackConfigHook: (config) => ({
        ...config,
        resolve: { ...config.resolve, alias: { ...config.resolve?.alias, 'ensemble-own-workflows$': workflowsPath } },
        module: {
          ...config.module,
          parser: { ...config.module?.parser, javascript: { ...config.module?.parser?.javascript, ...STRICT } },
        },
      }),
    })
    return code
  } catch (error) {
    const why = said.length > 0 ? said.join('\n') : error instanceof Error ? error.message : String(error)
    throw new Error(`the workflows of ${workflowsPath} cannot be bundled:\n${why}`)
  }
}

/** Two workflows of one name are an error; the bundler would silently leave out both. */
const STRICT = { reexportExportsPresence: 'error' } as const

function listener(said: string[]): Logger {
  const quiet = () => {}
  const error = (message: string) => void said.push(message)
  const log = (level: LogLevel, message: string) => (level === 'ERROR' ? error(message) : undefined)
  return { trace: quiet, debug: quiet, info: quiet, warn: quiet, error, log }
}
