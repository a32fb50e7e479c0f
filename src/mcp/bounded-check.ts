// A check with an end. A server's schema may hold a regular expression that takes for ever on what a model wrote, and
// while it does nothing else of the worker runs: no heartbeat, no other agent. Only an engine that is told to stop stops.
import { createContext, Script } from 'node:vm'

/** Far more than any honest pattern needs. */
const MOST_MS = 1000

const place: { check?: () => unknown } = {}
const context = createContext(place)
const call = new Script('check()')

/** undefined: it took too long. */
export function bounded<T extends object>(check: () => T): T | undefined {
  let found: T | undefined
  place.check = () => {
    found = check()
  }
  try {
    call.runInContext(context, { timeout: MOST_MS })
    return found
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw error
  } finally {
    delete place.check
  }
}
