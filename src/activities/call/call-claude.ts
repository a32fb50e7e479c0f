// One call is one activity. Its answer is looked up in the journal before it is asked for and written there before it is
// returned, so a crash at any point pays at most for what was in flight; an attempt that finds the call in flight on
// another worker joins it.
import { ApplicationFailure, Context } from '@temporalio/activity'
import type { CallOutcome, CallRequest } from '../../contracts/call.js'
import { FAILURE } from '../../contracts/failures.js'
import type { Attempt, Claim } from '../../storage/journal.js'
import type { Claude } from '../claude.js'
import { digestOf } from '../digest.js'
import type { Requests } from '../requests.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepJson, keepText } from '../texts.js'
import { type Answer, readAnswer } from './answer.js'
import { ask } from './ask.js'
import { shutdown, stopOf } from './cancellation.js'
import type { CallDeps } from './deps.js'
import { beat } from './heartbeat.js'
import type { StoredCall } from './request.js'
import { type AttemptCost, lostWarning, spentBy } from './spent.js'

type Mine = Extract<Claim<Answer>, { kind: 'mine' }>
type Theirs = Extract<Claim<Answer>, { kind: 'theirs' }>

export function createCallClaude(deps: CallDeps) {
  return async function callClaude(request: CallRequest): Promise<CallOutcome> {
    await sameServer(deps.claude, request)
    return readableStorageErrors(async () => {
      const call = await deps.requests.call(request.page, request.index)
      const shared = request.shared && (await deps.requests.shared(request.shared.ref))
      const digest = digestOf([call, request.shared?.ref ?? null, request.server])
      const { root, step, run, fresh } = request
      for (;;) {
        const claim = await deps.journal.begin({ root, step, run, fresh, digest })
        switch (claim.kind) {
          case 'answered':
            return answered(deps, request, call, claim.answer, claim.attempts, claim.run !== run)
          case 'theirs': {
            const interrupted = await join(deps, request, claim)
            if (interrupted) return interrupted
            break
          }
          case 'mine':
            return await askMine(deps, request, call, shared, claim)
        }
      }
    })
  }
}

/** Live and simulated answers never mix in one run; another worker may be the right one, so this is retried. */
async function sameServer(claude: Claude, request: CallRequest): Promise<void> {
  const server = await claude.server().catch((error: unknown) => {
    throw ApplicationFailure.create({
      type: FAILURE.connection,
      message: `the model server cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
    })
  })
  if (server === request.server) return
  throw ApplicationFailure.create({
    type: FAILURE.wrongServer,
    message: `the plan was made for a ${request.server} model server, this worker has a ${server} one: start a worker with ${
      request.server === 'live' ? 'an API key' : 'no API key'
    }`,
  })
}

async function askMine(
  deps: CallDeps,
  request: CallRequest,
  call: StoredCall,
  shared: Awaited<ReturnType<Requests['shared']>> | undefined,
  claim: Mine,
): Promise<CallOutcome> {
  const context = Context.current()
  const stop = stopOf(context, claim.interrupted)
  const progress = { characters: 0, text: '' }
  const stopBeating = beat(context, call.id, progress)
  try {
    const end = await ask({ deps, request, call, shared, claim, stop, progress })
    if (end.kind === 'interrupted') return await interrupted(deps, request, end.attempts, end.partial)
    return await answered(deps, request, call, end.answer, end.attempts, false)
  } finally {
    stopBeating()
    stop.dispose()
  }
}

/** Waits for the attempt in flight; an interruption is passed on to its owner. */
async function join(deps: CallDeps, request: CallRequest, claim: Theirs): Promise<CallOutcome | undefined> {
  const context = Context.current()
  const stop = stopOf(context)
  const stopBeating = beat(context, request.step, { characters: 0, text: '' })
  try {
    await claim.ended(stop.signal)
    return undefined
  } catch (error) {
    if (!stop.signal.aborted) throw error
    if (stop.reason() === 'shutdown') throw shutdown()
    await claim.interrupt()
    // The owner sees the mark at its next renewal; its usage belongs to the outcome. A dead owner's lease runs out.
    await claim.ended(new AbortController().signal)
    return await interrupted(deps, request, await deps.journal.attempts(request.root, request.step))
  } finally {
    stopBeating()
    stop.dispose()
  }
}

async function answered(
  { store }: CallDeps,
  { root, run, step, inlineBytes }: CallRequest,
  call: StoredCall,
  answer: Answer,
  attempts: Attempt[],
  reused: boolean,
): Promise<CallOutcome> {
  const reading = readAnswer(answer, { wantsOutput: call.output !== undefined, maxTokens: call.maxTokens })
  if ('failure' in reading) throw new Error(`the journal holds an unusable answer for ${step}: ${reading.message}`)
  const { lost, ...spent } = spentBy(run, attempts)
  return {
    kind: 'answered',
    ...spent,
    text: await keepText(store, root, reading.text, inlineBytes),
    ...(reading.output !== undefined && { output: await keepJson(store, root, reading.output, inlineBytes) }),
    warnings: [...answer.warnings, ...lostWarning(lost)],
    reused,
  }
}

async function interrupted(
  { store }: CallDeps,
  { root, run, inlineBytes }: CallRequest,
  attempts: Attempt[],
  text?: string,
): Promise<CallOutcome> {
  const { lost, ...spent } = spentBy(run, attempts)
  const last = attempts.filter((attempt) => attempt.run === run).at(-1)
  const partial = text ?? (last?.usage as AttemptCost | undefined)?.partial ?? ''
  return {
    kind: 'interrupted',
    ...spent,
    ...(partial !== '' && { partial: await keepText(store, root, partial, inlineBytes) }),
    warnings: lostWarning(lost),
  }
}
