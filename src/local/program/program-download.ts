// The SDK knows how to download the Temporal program; it does so in a process of its own, because its native library is
// large and nothing else here needs it. Without network it fails at once.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { longCommand } from './long-command.js'

const DOWNLOAD_MS = 5 * 60_000

type Environment = Record<string, string | undefined>

export async function downloadProgram(
  directory: string,
  env: Environment,
  say: (line: string) => void,
): Promise<string> {
  say('Downloading the Temporal server (once)')
  const main = fileURLToPath(new URL('./download-main.js', import.meta.url))
  await longCommand(process.execPath, [main, directory], {
    env,
    say,
    working: 'Still downloading the Temporal server',
    timeoutMs: DOWNLOAD_MS,
  })
  const name = readdirSync(directory).find((file) => /^temporal/.test(file) && !/\.(zip|gz|downloading)$/.test(file))
  if (!name) throw new Error('the download left no program')
  return join(directory, name)
}
