// Calls know by themselves when a person stops the run. Whatever else a workflow waits for (a timer, an activity of its
// own) is told here.
import { CancellationScope, isCancellation } from '@temporalio/workflow'
import { ownRun } from './run.js'

/** Whether a person has stopped the run, and how code of your own takes part in that. */
export const interruption = {
  /** A person has stopped the run: no further call is made. Good in a loop, and in `condition(() => …)`. */
  get requested(): boolean {
    return ownRun().stopped
  },

  /** Runs `body` so that an interruption of the run cancels it; Temporal's own cancellation throws as always. */
  async scope<T>(body: () => Promise<T>): Promise<{ interrupted: false; value: T } | { interrupted: true }> {
    const run = ownRun()
    if (run.stopped) return { interrupted: true }
    const outer = CancellationScope.current()
    const scope = new CancellationScope()
    const stop = () => {
      if (run.stopped) scope.cancel()
    }
    run.listeners.push(stop)
    try {
      return { interrupted: false, value: await scope.run(body) }
    } catch (error) {
      if (isCancellation(error) && run.stopped && !outer.consideredCancelled) return { interrupted: true }
      throw error
    } finally {
      run.listeners.splice(run.listeners.indexOf(stop), 1)
    }
  },
}
