// The turn itself: the program is started or resumed, its words are read, and whatever ends the turn first ends it: its
// answer, a person, a worker that goes away, a program that dies, people who take their time.
import { Context } from '@temporalio/activity'
import type { EngineProgress, EngineRequest } from '../../contracts/engine.js'
import { attemptOf } from '../../contracts/stream.js'
import type { Claim } from '../../storage/journal.js'
import type { StoredAgent } from '../agent/definition/stored-agent.js'
import type { Kept } from '../call/answer.js'
import { stopOf } from '../call/cancellation.js'
import { estimateTokens } from '../call/usage.js'
import type { ActivityDeps } from '../deps.js'
import type { Publishing } from '../stream/publisher.js'
import { lastLine } from '../texts.js'
import type { StoredSettings } from '../thread/settings.js'
import { openExchange } from './exchange.js'
import { type Opening, openingOf } from './opening.js'
import { optionsOf } from './options.js'
import { endLeftover, openProgram } from './program.js'
import { type End, readMessages, type Step } from './reading.js'
import { newNote, readNote, type SessionNote, sessionPlace, writeNote } from './session.js'
import { callOf, keepInterrupted, keepStep, ownBlocks } from './steps.js'
import { openToolCalls } from './tool-calls.js'

export type Played = {
  end: End | { kind: 'interrupted' } | { kind: 'shutdown' } | { kind: 'parked' }
  note: SessionNote
  /** What the turn had cost before this attempt. */
  before: Pick<SessionNote, 'usage' | 'usd' | 'savedUsd'>
}

const BEAT_MS = 500
const LINE_CHARACTERS = 200
const DIED = 'the program of the Agent SDK ended before its answer was complete'

export async function playTurn(
  deps: ActivityDeps,
  request: EngineRequest,
  claim: Extract<Claim<Kept>, { kind: 'mine' }>,
): Promise<Played> {
  const { root, step: name } = request
  const sdk = await deps.engine.sdk()
  const settings = await deps.requests.json<StoredSettings>(request.settings)
  const stored = await deps.requests.json<StoredAgent>(request.agent)
  const place = await sessionPlace(deps.store, root)
  const note = newNote(request, await readNote(deps.store, root, name))
  const { usage, usd, savedUsd } = note
  endLeftover(note.program)
  let saving = Promise.resolve()
  const save = () => {
    saving = saving.then(() => writeNote(deps.store, root, name, note))
    return saving
  }

  let over: Played['end'] | undefined
  let broken: { error: unknown } | undefined
  const program = openProgram((identity) => {
    note.program = identity
    save().catch((error: unknown) => fail(error))
  })
  const halt = () => {
    program.kill()
    exchange.close()
  }
  const finish = (end: Played['end']) => {
    over ??= end
    halt()
  }
  const fail = (error: unknown) => {
    broken ??= { error }
    halt()
  }
  const exchange = openExchange(() => finish({ kind: 'parked' }), fail)
  const calls = openToolCalls(deps, { request, stored, exchange })

  const stop = stopOf(Context.current(), claim.interrupted)
  const stopped = () => finish({ kind: stop.reason() === 'shutdown' ? 'shutdown' : 'interrupted' })
  stop.signal.addEventListener('abort', stopped)
  if (stop.signal.aborted) stopped()

  let current: Step | undefined
  let live: Publishing | undefined
  let opening: Opening | undefined
  let lastWord = Date.now()
  const stopBeating = beating(request, note, () => {
    if (exchange.waiting() > 0) lastWord = Date.now()
    else if (Date.now() - lastWord > request.timeoutSeconds * 1000)
      finish({ kind: 'failed', message: `nothing arrived for ${request.timeoutSeconds} s` })
    return current?.text ?? ''
  })
  const listener = {
    word() {
      lastWord = Date.now()
    },
    begun(step: Step) {
      current = step
      const attempt = attemptOf(claim.attempt, note.steps + 1)
      live = deps.streams.publishing(request.stream, { agent: '', turn: request.turn, attempt })
    },
    text: (_: Step, text: string) => live?.add(text),
    async ended(step: Step) {
      void live?.end()
      if (over || broken) return
      const results = told()
      const chunk = await keepStep(deps, { request, stored, note, results, before: opening?.before ?? [] }, step)
      note.told.push(...results.map(({ id }) => id))
      current = undefined
      opening = undefined
      const { stopReason } = step
      const call = callOf(note.steps, step)
      note.last = call
      await save()
      calls.stepEnded({ number: note.steps, chunk, call, blocks: ownBlocks(stored, step), stopReason })
    },
  }
  /** What the model has heard of the step before. */
  const told = () => (opening ? opening.results : calls.results())

  const input = openInput()
  try {
    opening = await openingOf(deps, { request, stored, note, place, exchange })
    input.give(opening.content)
    const options = optionsOf({ request, note, settings, stored, place, opening, calls, program, deps })
    const end = over ? undefined : await readMessages(sdk.query({ prompt: input.messages, options }), listener)
    over ??= end ?? { kind: 'failed', message: DIED }
  } catch (error) {
    // What was killed ends in no way of its own; a program that dies is one that may be resumed.
    if (!over && !broken) over = { kind: 'failed', message: `${DIED}: ${String(error)}` }
  } finally {
    stopBeating()
    stop.signal.removeEventListener('abort', stopped)
    stop.dispose()
    input.close()
    halt()
    await live?.end()
  }
  if (broken) throw broken.error
  over ??= { kind: 'failed', message: DIED }
  if (over.kind === 'interrupted')
    await keepInterrupted(deps, { request, stored, note, results: told(), before: opening?.before ?? [] }, current)
  await save()
  return { end: over, note, before: { usage, usd, savedUsd } }
}

/** @param text of the answer so far; called with every beat. @returns stops beating. */
function beating(request: EngineRequest, note: SessionNote, text: () => string): () => void {
  const context = Context.current()
  const send = () => {
    const said = text()
    const details: EngineProgress = {
      item: `turn ${request.turn}`,
      tokens: estimateTokens(said.length) + note.usage.outputTokens,
      lastLine: lastLine(said, LINE_CHARACTERS),
      session: note.session,
    }
    context.heartbeat(details)
  }
  send()
  const timer = setInterval(send, BEAT_MS)
  return () => clearInterval(timer)
}

/** What the program is told: one message. The input stays open, because its questions are answered through it. */
function openInput() {
  let close = () => {}
  const closed = new Promise<void>((resolve) => {
    close = resolve
  })
  let content: unknown
  async function* messages() {
    yield { type: 'user', parent_tool_use_id: null, message: { role: 'user', content } }
    await closed
  }
  return {
    give(given: unknown) {
      content = given
    },
    messages: messages(),
    close: () => close(),
  }
}
