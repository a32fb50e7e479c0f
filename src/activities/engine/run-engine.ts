// A turn of an agent whose loop is the Agent SDK's, in one activity. The journal sees to it that one worker at a time has
// the turn and that a turn that has ended is not begun again; a turn whose worker died is resumed by its session.
import { ApplicationFailure } from '@temporalio/activity'
import { type Chunk, chunkText } from '../../contracts/conversation.js'
import type { EngineOutcome, EngineRequest } from '../../contracts/engine.js'
import { FAILURE } from '../../contracts/failures.js'
import { roundUsd, type Usage, type Usd } from '../../contracts/usage.js'
import type { Claim } from '../../storage/journal.js'
import type { Kept } from '../call/answer.js'
import { shutdown } from '../call/cancellation.js'
import { fromStatus } from '../call/errors.js'
import { failureOf } from '../call/failure.js'
import { lostWarning } from '../call/spent.js'
import { join, sameServer } from '../call/through-journal.js'
import type { ActivityDeps } from '../deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepText } from '../texts.js'
import { type Played, playTurn } from './play-turn.js'
import { readNote, type SessionNote } from './session.js'

export function createRunEngine(deps: ActivityDeps) {
  return async function runEngine(request: EngineRequest): Promise<EngineOutcome> {
    await sameServer(deps.claude, request.server)
    return readableStorageErrors(() => throughJournal(deps, request))
  }
}

async function throughJournal(deps: ActivityDeps, request: EngineRequest): Promise<EngineOutcome> {
  const { root, step, run, settings, head, condensed, message, server, agent } = request
  const digest = digestOf(['engine', settings, head ?? null, condensed ?? null, message, server, agent])
  for (;;) {
    const claim = await deps.journal.begin({ root, step, run, digest })
    switch (claim.kind) {
      case 'answered': {
        const note = await readNote(deps.store, root, step)
        if (!note) throw new Error(`the turn ${step} has ended, but nothing is noted of it`)
        return outcomeOf(deps, request, note, claim.attempts.filter(({ outcome }) => outcome === 'lost').length)
      }
      case 'theirs': {
        const interrupted = await join(deps, request, claim)
        // Its owner has kept what there was.
        const note = interrupted && (await readNote(deps.store, root, step))
        if (note?.head !== undefined) return outcomeOf(deps, request, note, 0)
        break
      }
      case 'mine':
        return mine(deps, request, claim)
    }
  }
}

async function mine(
  deps: ActivityDeps,
  request: EngineRequest,
  claim: Extract<Claim<Kept>, { kind: 'mine' }>,
): Promise<EngineOutcome> {
  let played: Played
  try {
    played = await playTurn(deps, request, claim)
  } catch (error) {
    await claim.end('failed', { error: { message: String(error).slice(0, 1000) }, counted: true })
    throw error
  }
  const { end, note } = played
  // What earlier attempts cost is in theirs.
  const cost = spentSince(played.before, note)
  const lost = claim.earlier.filter(({ outcome }) => outcome === 'lost').length
  switch (end.kind) {
    case 'answered':
      if (note.head === undefined) throw new Error('the program answered without a model call')
      await claim.answer({ chunk: note.head }, cost)
      return outcomeOf(deps, request, note, lost, end.output)
    case 'interrupted':
      await claim.end('interrupted', { usage: cost })
      return outcomeOf(deps, request, note, lost)
    case 'parked':
      await claim.end('failed', { counted: false })
      return { kind: 'parked' }
    case 'shutdown':
      await claim.end('failed', { counted: false })
      throw shutdown()
    case 'tooManySteps':
      await claim.end('failed', { usage: cost, counted: true })
      throw ended(FAILURE.tooManySteps, `it took more than ${request.maxSteps} model calls`, note)
    case 'overBudget':
      await claim.end('failed', { usage: cost, counted: true })
      throw ended(FAILURE.budgetNeeded, `it would have cost more than $${request.reservedUsd}`, note)
    case 'failed': {
      const error = fromStatus(end.status, end.message)
      await claim.end('failed', {
        error: { type: error.type, message: end.message.slice(0, 1000) },
        counted: error.counted,
      })
      const own = {
        attempt: claim.attempt,
        run: request.run,
        worker: '',
        startedAt: Date.now(),
        counted: error.counted,
      }
      throw failureOf(request, error, [...claim.earlier, { ...own, usage: cost }], [])
    }
  }
}

function spentSince(before: Pick<SessionNote, 'usage' | 'usd' | 'savedUsd'>, now: SessionNote) {
  const minus = (a: Usd, b: Usd) => (a === null || b === null ? null : roundUsd(a - b))
  const usage = Object.fromEntries(
    Object.entries(now.usage).map(([kind, tokens]) => [kind, tokens - before.usage[kind as keyof Usage]]),
  ) as Usage
  return { usage, usd: minus(now.usd, before.usd), savedUsd: minus(now.savedUsd, before.savedUsd) }
}

function ended(type: string, message: string, { usage, usd, savedUsd, attempts }: SessionNote): ApplicationFailure {
  const details = [{ usage, usd, savedUsd, attempts, warnings: [] }]
  return ApplicationFailure.create({ type, message, nonRetryable: true, details })
}

async function outcomeOf(
  deps: ActivityDeps,
  { root, inlineBytes }: EngineRequest,
  note: SessionNote,
  lost: number,
  output?: unknown,
): Promise<EngineOutcome> {
  const { head, usage, usd, savedUsd, attempts } = note
  if (head === undefined) throw new Error('the turn has no chunk')
  const chunk = await deps.requests.json<Chunk>(head)
  const text = chunkText(chunk)
  const { status, length, contextTokens, warnings, stopReason } = chunk
  return {
    kind: 'ended',
    ...(status === 'ok' && note.last && { last: note.last }),
    turn: {
      status,
      head,
      ...(text !== undefined && { text: await keepText(deps.store, root, text, inlineBytes) }),
      ...(output !== undefined && { output }),
      ...(stopReason !== undefined && { stopReason }),
      length,
      contextTokens,
      ...{ usage, usd, savedUsd, attempts },
      warnings: [...warnings, ...lostWarning(lost)],
    },
  }
}
