// Whatever is asked of a model, a single call or a turn of a thread, is asked the same way: looked up in the journal
// before, written there before anybody hears of it, so a crash at any point pays at most for what was in flight; an
// attempt that finds the call in flight on another worker joins it.
import { ApplicationFailure, Context } from '@temporalio/activity'
import type { CallRequest } from '../../contracts/call.js'
import { FAILURE } from '../../contracts/failures.js'
import type { ModelServer } from '../../contracts/outcome.js'
import type { Attempt, Claim } from '../../storage/journal.js'
import type { Claude } from '../claude.js'
import type { Answer, Kept, Reading } from './answer.js'
import { ask } from './ask.js'
import { shutdown, stopOf } from './cancellation.js'
import type { CallDeps } from './deps.js'
import { beat } from './heartbeat.js'
import type { BuiltRequest } from './request.js'
import { partialOf } from './spent.js'
import type { StreamEnd } from './stream.js'
import { withinBudget } from './within-budget.js'

/** How a call is made and who pays. */
export type AskRequest = Pick<
  CallRequest,
  'root' | 'run' | 'step' | 'timeoutSeconds' | 'maxRetries' | 'maxWaitSeconds' | 'stream' | 'budget'
> & { leader?: boolean; fresh?: boolean }

/** `K`: what the journal keeps of the answer. */
export type Question<K extends Kept> = {
  request: AskRequest
  /** As heartbeats name it. */
  item: string
  /** Of a thread: its live text goes by this number instead of the item. */
  turn?: number
  /** Of an agent's turn: the text of each step takes the place of the one before. */
  stepNumber?: number
  model: string
  /** Of all that decides what is asked: an answer to anything else is none. */
  digest: string
  /** Made only by the attempt that asks. */
  build(): BuiltRequest
  read(end: Extract<StreamEnd, { kind: 'done' }>): Reading
  /** `attempts`: all of them, the one that was answered last. */
  keep(answer: Answer, attempts: Attempt[]): Promise<K>
  isKept(kept: Kept): kept is K
}

/** `attempts`: all there are. `reused`: an earlier run paid for the answer. */
export type Asked<K> =
  | { kind: 'answered'; kept: K; attempts: Attempt[]; reused: boolean }
  | { kind: 'interrupted'; partial: string; attempts: Attempt[] }

/** Live and simulated answers never mix in one run; another worker may be the right one, so this is retried. */
export async function sameServer(claude: Claude, wanted: ModelServer): Promise<void> {
  const server = await claude.server().catch((error: unknown) => {
    throw ApplicationFailure.create({
      type: FAILURE.connection,
      message: `the model server cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
    })
  })
  if (server === wanted) return
  throw ApplicationFailure.create({
    type: FAILURE.wrongServer,
    message: `the plan was made for a ${wanted} model server, this worker has a ${server} one: start a worker with ${
      wanted === 'live' ? 'an API key' : 'no API key'
    }`,
  })
}

export async function throughJournal<K extends Kept>(deps: CallDeps, question: Question<K>): Promise<Asked<K>> {
  const { request, digest } = question
  const { root, step, run, fresh } = request
  for (;;) {
    const claim = await deps.journal.begin({ root, step, run, digest, ...(fresh !== undefined && { fresh }) })
    switch (claim.kind) {
      case 'answered': {
        const kept = theKept(question, claim.answer)
        return { kind: 'answered', kept, attempts: claim.attempts, reused: claim.run !== run }
      }
      case 'theirs': {
        const interrupted = await join(deps, request, claim)
        if (interrupted) return interrupted
        break
      }
      case 'mine':
        await withinBudget(request, claim)
        return await askMine(deps, question, claim)
    }
  }
}

async function askMine<K extends Kept>(
  deps: CallDeps,
  question: Question<K>,
  claim: Extract<Claim<Kept>, { kind: 'mine' }>,
): Promise<Asked<K>> {
  const context = Context.current()
  const stop = stopOf(context, claim.interrupted)
  const progress = { characters: 0, text: '' }
  const stopBeating = beat(context, question.item, progress)
  try {
    const end = await ask({ deps, question, claim, stop, progress })
    if (end.kind === 'interrupted') return end
    return { kind: 'answered', kept: theKept(question, end.kept), attempts: end.attempts, reused: false }
  } finally {
    stopBeating()
    stop.dispose()
  }
}

/** Waits for the attempt in flight; an interruption is passed on to its owner. */
export async function join(
  deps: CallDeps,
  request: Pick<AskRequest, 'root' | 'run' | 'step'>,
  claim: Extract<Claim<Kept>, { kind: 'theirs' }>,
): Promise<Extract<Asked<never>, { kind: 'interrupted' }> | undefined> {
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
    const attempts = await deps.journal.attempts(request.root, request.step)
    return { kind: 'interrupted', partial: partialOf(request.run, attempts), attempts }
  } finally {
    stopBeating()
    stop.dispose()
  }
}

function theKept<K extends Kept>({ request, isKept }: Question<K>, kept: Kept): K {
  if (!isKept(kept)) throw new Error(`the journal holds another kind of answer for ${request.step}`)
  return kept
}
