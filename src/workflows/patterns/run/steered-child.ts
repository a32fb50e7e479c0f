// A child takes part in what people do to its run: interruption, pause and resumption are handed on as messages, each
// told once, also what came before the child had started. It is never cancelled: interrupted, it hands over what it has.
import { CancellationScope, type ChildWorkflowHandle, TemporalFailure, type Workflow } from '@temporalio/workflow'
import { type interrupt, pause, resume } from '../../../contracts/messages.js'
import { wasInterrupted } from './interruption.js'
import type { Run } from './run.js'

type Message = [message: typeof interrupt | typeof pause, ...args: [unknown?]]

export type SteeredChild<W extends Workflow> = {
  /** It has started. */
  of(child: ChildWorkflowHandle<W>): void
  /** It has ended. */
  over(): void
}

/** @param id of the run's item that the child is. @param stopping what it is told to be interrupted. */
export function steeredChild<W extends Workflow>(run: Run, id: string, stopping: Message[]): SteeredChild<W> {
  let child: ChildWorkflowHandle<W> | undefined
  let [stopped, paused] = [false, false]
  const tell = ([message, ...args]: Message) => {
    const to = child
    if (to === undefined) return
    // Also of a run that is cancelled.
    CancellationScope.nonCancellable(() => to.signal(message, ...args)).catch((error: unknown) => {
      if (!(error instanceof TemporalFailure)) throw error // one that has just ended hears nothing any more
    })
  }
  const now = () => {
    if (child === undefined) return
    if (run.paused !== paused) {
      paused = run.paused
      tell([paused ? pause : resume])
    }
    if (stopped || !wasInterrupted(run, id)) return
    stopped = true
    for (const message of stopping) tell(message)
  }
  run.running.set(id, { cancel: now })
  run.listeners.push(now)
  return {
    of(started) {
      child = started
      now()
    },
    over() {
      run.listeners.splice(run.listeners.indexOf(now), 1)
    },
  }
}
