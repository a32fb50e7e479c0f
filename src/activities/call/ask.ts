// The attempt that owns a call: asks the model, records how it ended and what it cost, and decides whether asking again
// can help. The journal counts the failures, because a retry policy cannot tell a 500 from a 429 or a dead worker.
import { ApplicationFailure, Context, log } from '@temporalio/activity'
import { priceOf, savedOf } from '../../agents/prices.js'
import type { CallFailureDetails, CallRequest } from '../../contracts/call.js'
import { cacheReady } from '../../contracts/messages.js'
import { noUsage, type Usage } from '../../contracts/usage.js'
import type { Attempt, Claim } from '../../storage/journal.js'
import { type Answer, readAnswer } from './answer.js'
import { type Stop, shutdown } from './cancellation.js'
import type { CallDeps } from './deps.js'
import type { CallError } from './errors.js'
import { type Block, buildRequest, type StoredCall } from './request.js'
import { type AttemptCost, lostWarning, spentBy } from './spent.js'
import { type Progress, type StreamEnd, streamRequest } from './stream.js'

/** Longest error message kept; an activity's failure holds at most 4 KiB. */
const MESSAGE_CHARACTERS = 1000

export type Asking = {
  deps: CallDeps
  request: CallRequest
  call: StoredCall
  shared: Block[] | undefined
  claim: Extract<Claim<Answer>, { kind: 'mine' }>
  stop: Stop
  progress: Progress
}

export type AskEnd = { kind: 'answer'; answer: Answer } | { kind: 'interrupted'; partial: string }

export async function ask(asking: Asking): Promise<AskEnd> {
  const { deps, request, call, shared, claim, stop, progress } = asking
  const built = buildRequest(call, shared && { blocks: shared, cached: request.shared?.cached ?? false })
  const announce = request.leader ? announceCache(request) : { now: () => {} }
  let end: StreamEnd
  try {
    end = await streamRequest({
      claude: deps.claude,
      params: built.params,
      signal: stop.signal,
      timeoutMs: request.timeoutSeconds * 1000,
      onStart: announce.now,
      progress,
    })
  } catch (error) {
    // A bug of ours or of the SDK, not an ending of the request: recorded, so that nobody waits for this attempt.
    await claim.end('failed', { error: { message: String(error) }, counted: true })
    throw error
  }
  switch (end.kind) {
    case 'done':
      return { kind: 'answer', answer: await accept(asking, end, built.warnings) }
    case 'aborted': {
      const cost = costOf(call.model, end.usage, end.partial)
      if (stop.reason() === 'shutdown') {
        await claim.end('failed', { usage: cost, counted: false })
        throw shutdown()
      }
      await claim.end('interrupted', { usage: cost })
      return { kind: 'interrupted', partial: end.partial }
    }
    case 'failed': {
      // A first attempt that fails releases the siblings too: waiting for its cache would only cost time.
      announce.now()
      await claim.end('failed', {
        usage: costOf(call.model, end.usage, end.partial),
        error: { type: end.error.type, message: end.error.message.slice(0, MESSAGE_CHARACTERS) },
        counted: end.error.counted,
      })
      throw await failureOf(asking, end.error, built.warnings)
    }
  }
}

async function accept(asking: Asking, end: Extract<StreamEnd, { kind: 'done' }>, built: string[]): Promise<Answer> {
  const { call, claim } = asking
  const cost = costOf(call.model, end.usage)
  const content = end.content as unknown as Answer['content']
  const reading = readAnswer(
    { content, stopReason: end.stopReason },
    { wantsOutput: call.output !== undefined, maxTokens: call.maxTokens, ...(end.refusal && { refusal: end.refusal }) },
  )
  if ('failure' in reading) {
    await claim.end('failed', {
      usage: cost,
      error: { type: reading.failure, message: reading.message },
      counted: true,
    })
    const error = { type: reading.failure, message: reading.message, retry: false, counted: true }
    throw await failureOf(asking, error, built)
  }
  const answer: Answer = {
    content,
    stopReason: end.stopReason,
    model: call.model,
    ...(end.requestId && { requestId: end.requestId }),
    ...cost,
    warnings: [...built, ...reading.warnings],
  }
  return claim.answer(answer, cost)
}

function costOf(model: string, usage: Usage = noUsage(), partial = ''): AttemptCost {
  const cost = { usage, usd: priceOf(model, usage), savedUsd: savedOf(model, usage) }
  return partial === '' ? cost : { ...cost, partial }
}

/** What Temporal is told: retry at once, after the server's own delay, or never again with all that is known. */
async function failureOf(asking: Asking, error: CallError, warnings: string[]): Promise<ApplicationFailure> {
  const { request, deps } = asking
  const attempts = await deps.journal.attempts(request.root, request.step)
  const mine = attempts.filter((attempt) => attempt.run === request.run)
  const { lost, ...spent } = spentBy(request.run, attempts)
  const message = error.message.slice(0, MESSAGE_CHARACTERS)
  const why = error.retry ? exhausted(request, error, mine) : undefined
  const details: CallFailureDetails = {
    ...spent,
    ...(error.statusCode !== undefined && { statusCode: error.statusCode }),
    ...(error.requestId && { requestId: error.requestId }),
    warnings: [...warnings, ...lostWarning(lost)],
  }
  return ApplicationFailure.create({
    type: error.type,
    message: why ? `${message} (${why})` : message,
    nonRetryable: !error.retry || why !== undefined,
    ...(error.retryAfterMs !== undefined && { nextRetryDelay: delay(error.retryAfterMs) }),
    details: [details],
  })
}

/** Why a retryable failure is the last one; undefined while another attempt may follow. */
function exhausted(request: CallRequest, error: CallError, mine: Attempt[]): string | undefined {
  if (error.counted) {
    const failures = mine.filter((attempt) => attempt.counted).length
    return failures > request.maxRetries ? `given up after ${failures} failed requests` : undefined
  }
  const waitedMs = Date.now() - (mine[0]?.startedAt ?? Date.now()) + (error.retryAfterMs ?? 0)
  return waitedMs > request.maxWaitSeconds * 1000 ? `given up after waiting ${request.maxWaitSeconds} s` : undefined
}

/** Never earlier than asked; a little later, so that a hundred callers do not return in the same instant. */
function delay(retryAfterMs: number): number {
  return Math.ceil(retryAfterMs * (1 + Math.random() * 0.1))
}

/** Tells the run once that the cache this call writes can be read: its siblings wait for that. */
function announceCache(request: CallRequest): { now: () => void } {
  const context = Context.current()
  let told = false
  return {
    now() {
      if (told) return
      told = true
      const run = context.info.workflowExecution
      if (!run) throw new Error('callClaude runs as an activity of a workflow')
      // Without this signal the siblings start when the leader ends, or after 10 s: slower, never wrong.
      context.client.workflow
        .getHandle(run.workflowId, run.runId)
        .signal(cacheReady, { step: request.step })
        .catch((error: unknown) => log.warn('siblings were not told of the cache', { error: String(error) }))
    },
  }
}
