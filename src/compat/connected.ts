// What the calls of the compatible library share: a connection for as long as they need one, and two kinds of error, as
// the Python skill has them: what the API said, and what was wrong before it was asked.
import type { Ensemble } from '../client/ensemble.js'
import { InvalidInputError, KeyRefusedError, TurnFailedError } from '../client/errors.js'
import { ConfigError } from '../config/index.js'
import type { ItemResult } from '../contracts/outcome.js'
import { connect } from '../index.js'

/** The API refused or failed. `statusCode`: of HTTP, where there was one; `details`: the run, and every item's outcome. */
export class ClaudeInvocationError extends Error {
  override readonly name = 'ClaudeInvocationError'
  constructor(
    message: string,
    readonly statusCode?: number,
    readonly details?: { run: string; items: ItemResult[] },
  ) {
    super(message)
  }
}

/** The environment or an argument is wrong; nothing was called. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/** `given`, or a connection for as long as the work takes; errors become the two above where they are one. */
export async function connected<T>(given: Ensemble | undefined, work: (ensemble: Ensemble) => Promise<T>): Promise<T> {
  let ensemble = given
  try {
    ensemble ??= await connect()
    return await work(ensemble)
  } catch (error) {
    if (error instanceof KeyRefusedError) throw new ClaudeInvocationError(error.message, 401)
    if (error instanceof TurnFailedError) throw new ClaudeInvocationError(error.message, error.statusCode)
    if (error instanceof ConfigError || error instanceof InvalidInputError) throw new ConfigurationError(error.message)
    throw error
  } finally {
    if (!given) await ensemble?.close()
  }
}
