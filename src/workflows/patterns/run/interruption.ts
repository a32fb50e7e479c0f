// Stop now, keep what is there. An interruption cancels the call's scope; the call hands over what had arrived, and
// whatever it ends with afterwards without an answer is an interruption, not an error.
import type { Run } from './run.js'

/** @returns why nothing was stopped, if so. */
export function stopRun(run: Run): string | undefined {
  if (run.stopped) return undefined
  run.stopped = true
  for (const [id, scope] of run.running) {
    interrupted(run, id)
    scope.cancel()
  }
  return undefined
}

/** @returns why nothing was stopped, if so. */
export function interruptItem(run: Run, id: string): string | undefined {
  const ended = run.ended.find((item) => item.id === id)
  if (ended) return `item ${id} has already ended: ${ended.status}`
  if (!run.running.has(id) && !run.plan?.items.some((item) => item.id === id))
    return `the run has no item "${id.slice(0, 100)}"`
  interrupted(run, id)
  run.running.get(id)?.cancel()
  return undefined
}

function interrupted(run: Run, id: string): void {
  if (run.running.has(id) && !run.interrupted.has(id)) run.interruptedAt.set(id, Date.now())
  run.interrupted.add(id)
}

export function wasInterrupted(run: Run, id: string): boolean {
  return run.stopped || run.interrupted.has(id)
}
