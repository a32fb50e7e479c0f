// A person's own workflow, with everything ours have: steering, status, progress page, memo, an honest end. All of it is
// set up before the first line of their code runs, and what they call without it says so, so it cannot be forgotten.
// Module state is one execution's own: the SDK loads a workflow's modules once for each.
import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  condition,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow'
import { FAILURE } from '../../contracts/failures.js'
import type { RunResult } from '../../contracts/outcome.js'
import { isUnreadable } from '../../contracts/unreadable.js'
import { showProgress } from '../patterns/page/progress.js'
import { conclude, toItsEnd } from '../patterns/run/conclude.js'
import { stopRun } from '../patterns/run/interruption.js'
import { changed, openRun, type Run } from '../patterns/run/run.js'
import { steer } from '../patterns/run/steering.js'

/** Bytes of JSON; Temporal takes 2 MiB, and a result that it does not take would be tried for ever. */
const OUTPUT_BYTES = 1024 * 1024

/** `output` is what the code returned. `items`: every call it made, without the texts. */
export type OwnResult<O> = RunResult & { output?: O }

/** `ending`: the code has returned, whatever it did not wait for is dropped. */
type Own = { run: Run; taken: Set<string>; ending: boolean }

let own: Own | undefined

/**
 * Makes a workflow of `body`: export what it returns, and the export's name is the workflow's type. In it `call`,
 * `fanOut`, `approval`, `interruption` and `thread` work, and whoever steers runs can steer it. It ends as any run does:
 * `completed` when every call is ok, `failed` (RunFailed, with the result) when none is; what `body` throws fails it.
 */
export function workflow<I, O>(body: (input: I) => Promise<O>): (input: I) => Promise<OwnResult<O>> {
  return async (input) => {
    const run = openRun(workflowInfo().workflowType, undefined)
    own = { run, taken: new Set(), ending: false }
    run.state = 'running'
    steer(run)
    showProgress(run)
    stopWhenCancelled(run)
    changed(run)
    return toItsEnd(run, async () => {
      if (isUnreadable(input)) throw refusal(`input: ${input.unreadable}; wanted JSON`)
      const output = await settled(run, () => body(input))
      const bytes = new TextEncoder().encode(JSON.stringify(output) ?? '').byteLength
      if (bytes > OUTPUT_BYTES)
        throw refusal(`what the workflow returns has ${bytes} bytes; wanted at most ${OUTPUT_BYTES}`)
      return conclude(run, { output }, { empty: 'completed' })
    })
  }
}

/** The run this code is part of. */
export function ownRun(): Run {
  return current().run
}

export function isEnding(): boolean {
  return current().ending
}

/** `wanted`, or with a number behind it when the run has used that name: a journal's steps must differ. */
export function uniqueName(wanted: string): string {
  return take((count) => (count === 1 ? wanted : `${wanted}#${count}`))
}

/** As `uniqueName` for what nobody named: "call-1", "call-2". */
export function numberedName(kind: string): string {
  return take((count) => `${kind}-${count}`)
}

function take(nameOf: (count: number) => string): string {
  const { taken } = current()
  // Code that continued as new begins to count again, and must not find the answers of the time before.
  const before = workflowInfo().continuedFromExecutionRunId
  const within = before === undefined ? '' : `${before.slice(0, 8)}/`
  let count = 1
  while (taken.has(within + nameOf(count))) count++
  const name = within + nameOf(count)
  taken.add(name)
  return name
}

/** Fails the run: what its code asked for cannot be done. */
export function refusal(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, FAILURE.invalidInput)
}

function current(): Own {
  if (own) return own
  throw refusal(
    'call, fanOut, approval, interruption and thread work inside workflow(…): export const name = workflow(…)',
  )
}

function stopWhenCancelled(run: Run): void {
  CancellationScope.current().cancelRequested.catch(() => {
    stopRun(run)
    changed(run)
  })
}

/** Calls that nobody waited for are interrupted, and what they cost is counted, before the run ends. */
async function settled<O>(run: Run, body: () => Promise<O>): Promise<O> {
  try {
    const output = await body()
    await interruptRest(run)
    return output
  } catch (error) {
    // Anything else is a bug: the task fails as it is, and goes on when the code is repaired.
    if (error instanceof TemporalFailure || error instanceof ContinueAsNew) await interruptRest(run)
    throw error
  }
}

async function interruptRest(run: Run): Promise<void> {
  const unfinished = () => run.running.size > 0 || run.cached.size > 0
  if (!unfinished()) return
  current().ending = true
  for (const [id, scope] of run.running) {
    run.interrupted.add(id)
    scope.cancel()
  }
  changed(run)
  await CancellationScope.nonCancellable(() => condition(() => !unfinished()))
}
