// The attempt that owns a call: asks the model, and records how it ended and what it cost before anybody hears of it.
import { Context, log } from '@temporalio/activity'
import { priceOf, savedOf } from '../../agents/prices.js'
import { cacheReady } from '../../contracts/messages.js'
import { attemptOf } from '../../contracts/stream.js'
import { noUsage, type Usage } from '../../contracts/usage.js'
import type { Attempt, Claim } from '../../storage/journal.js'
import type { CallEnd } from '../metrics.js'
import type { Publishing } from '../stream/publisher.js'
import type { Answer, Kept } from './answer.js'
import { type Stop, shutdown } from './cancellation.js'
import type { CallDeps } from './deps.js'
import type { CallError } from './errors.js'
import { failureOf, MESSAGE_CHARACTERS } from './failure.js'
import type { AttemptCost } from './spent.js'
import { type Progress, type StreamEnd, streamRequest } from './stream.js'
import type { AskRequest, Question } from './through-journal.js'

export type Asking<K extends Kept> = {
  deps: CallDeps
  question: Question<K>
  claim: Extract<Claim<Kept>, { kind: 'mine' }>
  stop: Stop
  progress: Progress
}

/** `attempts`: all there are, this one with what it cost included. */
export type AskEnd = ({ kind: 'kept'; kept: Kept } | { kind: 'interrupted'; partial: string }) & {
  attempts: Attempt[]
}

export async function ask<K extends Kept>(asking: Asking<K>): Promise<AskEnd> {
  const { claim, deps, question } = asking
  const { request, item, turn, stepNumber } = question
  const of = turn === undefined ? { agent: item, turn: 0 } : { agent: '', turn }
  const live = deps.streams.publishing(request.stream, { ...of, attempt: attemptOf(claim.attempt, stepNumber) })
  try {
    return await askOnce(asking, live)
  } catch (error) {
    // Whatever it was, nobody may wait for this attempt. After any other ending this changes nothing.
    await claim.end('failed', { error: { message: String(error).slice(0, MESSAGE_CHARACTERS) }, counted: true })
    throw error
  } finally {
    // Begun where the text ended, beside the journal's writing; a run that is over has all of it in its stream.
    await live.end()
  }
}

async function askOnce<K extends Kept>(asking: Asking<K>, live: Publishing): Promise<AskEnd> {
  const { deps, question, claim, stop, progress } = asking
  const { request, model } = question
  const built = question.build()
  const announce = request.leader ? announceCache(request) : { now: () => {} }
  const startedAt = Date.now()
  const { attempt, earlier } = claim
  const end = await streamRequest({
    claude: deps.claude,
    params: built.params,
    signal: stop.signal,
    timeoutMs: request.timeoutSeconds * 1000,
    onStart: announce.now,
    onText: live.add,
    progress,
  }).finally(() => void live.end())
  const cost = costOf(model, end.usage, end.kind === 'done' ? '' : end.partial)
  const told = (outcome: CallEnd['outcome']) =>
    deps.metrics.call({ model, outcome, ms: Date.now() - startedAt, usage: cost.usage, usd: cost.usd })
  const own = { attempt, run: request.run, worker: '', startedAt, usage: cost }
  const fail = async (error: CallError): Promise<never> => {
    const { type, message, counted } = error
    told('error')
    await claim.end('failed', { usage: cost, error: { type, message: message.slice(0, MESSAGE_CHARACTERS) }, counted })
    const failure = failureOf(request, error, [...earlier, { ...own, counted }], built.warnings)
    if (!failure.nonRetryable) deps.metrics.retry({ model, reason: type })
    throw failure
  }
  switch (end.kind) {
    case 'done': {
      const reading = question.read(end)
      if ('failure' in reading)
        return fail({ type: reading.failure, message: reading.message, retry: false, counted: true })
      const attempts = [...earlier, own]
      const answer = toAnswer(model, end, cost, [...built.warnings, ...reading.warnings])
      told('ok')
      const kept = await claim.answer(await question.keep(answer, attempts), cost)
      return { kind: 'kept', kept, attempts }
    }
    case 'aborted': {
      told('interrupted')
      if (stop.reason() === 'shutdown') {
        await claim.end('failed', { usage: cost, counted: false })
        throw shutdown()
      }
      await claim.end('interrupted', { usage: cost })
      return { kind: 'interrupted', partial: end.partial, attempts: [...earlier, own] }
    }
    case 'failed': {
      // A first attempt that fails releases the siblings too: waiting for its cache would only cost time.
      announce.now()
      return fail(end.error)
    }
  }
}

type Done = Extract<StreamEnd, { kind: 'done' }>

function toAnswer(model: string, end: Done, cost: AttemptCost, warnings: string[]): Answer {
  const { content, stopReason, requestId } = end
  return { content, stopReason, model, ...(requestId && { requestId }), ...cost, warnings }
}

function costOf(model: string, usage: Usage = noUsage(), partial = ''): AttemptCost {
  const cost = { usage, usd: priceOf(model, usage), savedUsd: savedOf(model, usage) }
  return partial === '' ? cost : { ...cost, partial }
}

/** Tells the run once that the cache this call writes can be read: its siblings wait for that. */
function announceCache(request: AskRequest): { now: () => void } {
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
