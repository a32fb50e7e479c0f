// However a command ended badly: at most one line for the user and an exit code. A stack is shown only for a bug, on
// request.
import { CommanderError } from 'commander'
import { EXIT, UsageError } from './exit.js'

export async function failed(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  const { exitOfError } = await import('./exit-code.js')
  const code = error instanceof UsageError ? EXIT.usage : exitOfError(error)
  const message = error instanceof Error ? error.message : String(error)
  if (code !== undefined) process.stderr.write(`ensemble: ${message.replaceAll('\n', '\n  ')}\n`)
  else if (process.env.ENSEMBLE_DEBUG) process.stderr.write(`${error instanceof Error ? error.stack : message}\n`)
  else process.stderr.write(`ensemble: unexpected: ${message}\n  (ENSEMBLE_DEBUG=1 shows where; this is a bug)\n`)
  return code ?? EXIT.failed
}
