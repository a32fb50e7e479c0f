// One tool call, once. That it was begun is on disk before the tool hears of it, how it ended before the workflow does:
// whoever comes again finds the result, joins the attempt in flight, or knows that one was lost, and then the tool's
// effect class decides. Never a blind repeat.
import { ApplicationFailure, Context } from '@temporalio/activity'
import type { RunToolOutcome, RunToolRequest } from '../../../contracts/agent.js'
import { FAILURE } from '../../../contracts/failures.js'
import { fileLocks } from '../../../storage/file-lock.js'
import type { Claim } from '../../../storage/journal.js'
import { StorageError } from '../../../storage/store.js'
import type { Kept, KeptEffect } from '../../call/answer.js'
import { shutdown, stopOf } from '../../call/cancellation.js'
import { beat } from '../../call/heartbeat.js'
import { readableStorageErrors } from '../../storage-errors.js'
import type { AgentDeps } from '../deps.js'
import { afterTool } from './after-tool.js'
import { type Attempting, type Ending, ended, failedText, isHarmless, lost } from './ending.js'
import { performTool } from './perform.js'
import { isWatched, performWatched } from './perform-watched.js'
import { readCall, type ToolRun } from './read-call.js'
import { keepResult, readOutput } from './tool-output.js'
import type { Watching } from './watch.js'

type RunDeps = AgentDeps & Pick<Watching, 'locked'>

export function createRunTool(deps: AgentDeps) {
  const own = { ...deps, locked: fileLocks() }
  return async function runTool(request: RunToolRequest): Promise<RunToolOutcome> {
    return readableStorageErrors(() => once(own, request))
  }
}

async function once(deps: RunDeps, request: RunToolRequest): Promise<RunToolOutcome> {
  const { root, step, run } = request
  const digest = journalDigest(request)
  for (;;) {
    // What a power cut forgets of a harmless one is run again, as it would be if it were known.
    const durable = !isHarmless(request.call.effect)
    const claim = await deps.journal.begin({ root, step, run, digest, durable })
    switch (claim.kind) {
      case 'answered':
        return told(deps, request, claim.answer)
      case 'theirs':
        await join(claim, request)
        break
      case 'mine':
        return attempt(deps, request, { claim, digest })
    }
  }
}

/** Asked to do it again, only attempts of the same asking count: a crash of the repetition is unknown once more. */
function journalDigest({ call, again }: RunToolRequest): string {
  if (!again) return call.digest
  const { workflowExecution, activityId } = Context.current().info
  return `${call.digest} again ${workflowExecution?.runId} ${activityId}`
}

type Mine = { claim: Extract<Claim<Kept>, { kind: 'mine' }>; digest: string }

async function attempt(deps: RunDeps, request: RunToolRequest, { claim, digest }: Mine): Promise<RunToolOutcome> {
  const context = Context.current()
  const stop = stopOf(context, claim.interrupted)
  const stopBeating = beat(context, request.label, { characters: 0, text: '' })
  const dispatched = { at: 0 }
  try {
    const mayHaveRun = claim.earlier.some(
      (earlier) => (earlier.digest ?? digest) === digest && (earlier.outcome === 'lost' || isRan(earlier.error)),
    )
    const ending = await endingOf(deps, request, { stop, mayHaveRun, dispatched })
    const ms = dispatched.at === 0 ? 0 : Date.now() - dispatched.at
    if (ending.kind === 'repeat') {
      await claim.end('failed', { error: { ran: dispatched.at > 0 }, counted: false })
      throw shutdown()
    }
    if (ending.kind === 'unknown') {
      // No answer: what a later look finds (the result of an attempt that was thought lost) counts for more.
      await claim.end('failed', { error: { ran: dispatched.at > 0 }, counted: false })
      return (await kept(deps, request, ending, ms)).effect
    }
    const answer = await claim.answer(await kept(deps, request, ending, ms), null)
    return told(deps, request, answer)
  } catch (error) {
    // Nobody may wait for this attempt. After any other ending this changes nothing.
    await claim.end('failed', { error: { ran: dispatched.at > 0 }, counted: false })
    throw error
  } finally {
    stopBeating()
    stop.dispose()
  }
}

async function endingOf(
  deps: RunDeps,
  request: RunToolRequest,
  attempt: Pick<Attempting, 'stop' | 'mayHaveRun' | 'dispatched'>,
): Promise<Ending> {
  const { call } = request
  let run: ToolRun
  try {
    run = await readCall(deps, request)
  } catch (error) {
    const isFinal = error instanceof StorageError && error.kind !== 'unreachable'
    if (!isFinal || !attempt.mayHaveRun || isHarmless(call.effect)) throw error
    return { kind: 'unknown', given: readOutput(failedText(`${lost(call.tool)} (${error.message})`), (text) => text) }
  }
  const ending = await ended({ ...run, ...attempt, perform: performing(deps, request, run) })
  const { at } = attempt.dispatched
  if (at > 0) deps.metrics.tool({ agent: run.stored.definition.name, tool: call.tool, ms: Date.now() - at })
  return ending
}

/** An agent that owns files is watched where its tools could write others. */
function performing({ store, locked }: RunDeps, { root }: RunToolRequest, { stored }: ToolRun): Attempting['perform'] {
  const { owns, workspace } = stored
  return async (performance, tool) => {
    if (!owns || workspace === undefined || !isWatched(tool)) return performTool(performance)
    const place = await store.place(root, 'watch')
    return performWatched(performance, tool, { workspace, owns, place, locked })
  }
}

const isRan = (error: unknown) => (error as { ran?: boolean } | undefined)?.ran === true

async function kept(
  { store }: AgentDeps,
  request: RunToolRequest,
  ending: Exclude<Ending, { kind: 'repeat' }>,
  ms: number,
): Promise<KeptEffect> {
  const { given, kind } = ending
  const { result, ...unstored } = await keepResult(store, request.root, request.call.id, given)
  const happened = kind === 'interrupted' ? { happened: ending.happened } : {}
  return { effect: { kind, result, bytes: given.bytes, head: given.head, ms, ...happened }, ...unstored }
}

/** The result as the workflow is told it: in the store by now, if it was not when it was kept. */
async function told(deps: AgentDeps, request: RunToolRequest, answer: Kept): Promise<RunToolOutcome> {
  if (!('effect' in answer)) throw new Error(`the journal holds another kind of answer for ${request.step}`)
  const { effect, unstored } = answer
  if (!unstored) return afterTool(deps, request, effect)
  const again = await keepResult(deps.store, request.root, request.call.id, unstored)
  if (!('unstored' in again)) return afterTool(deps, request, { ...effect, result: again.result })
  throw ApplicationFailure.create({
    type: FAILURE.storageUnreachable,
    message: 'the result of a tool could not be stored yet',
  })
}

/** Waits for the attempt in flight; an interruption is passed on to its owner, whose result says how it ended. */
async function join(claim: Extract<Claim<Kept>, { kind: 'theirs' }>, request: RunToolRequest): Promise<void> {
  const context = Context.current()
  const stop = stopOf(context)
  const stopBeating = beat(context, request.label, { characters: 0, text: '' })
  try {
    await claim.ended(stop.signal)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    if (stop.reason() === 'shutdown') throw shutdown()
    await claim.interrupt()
    await claim.ended(new AbortController().signal)
  } finally {
    stopBeating()
    stop.dispose()
  }
}
