// A hook that is a function given to the worker by its name.
import type { HookPayload } from '../contracts/hooks.js'
import { timeLimit } from '../contracts/time-limit.js'
import { type Heard, type HookReply, replied } from './reply.js'

/** What it returns is as a command's JSON; nothing: go on. What it throws is its failure. */
export type HookFunction = (
  payload: HookPayload,
  context: { signal: AbortSignal },
) => HookReply | undefined | Promise<HookReply | undefined>

export async function runFunction(
  run: HookFunction | undefined,
  { name, timeout }: { name: string; timeout: number },
  payload: HookPayload,
  signal: AbortSignal,
): Promise<Heard> {
  if (!run) return { kind: 'failed', reason: `this worker has no hook function ${JSON.stringify(name)}` }
  const time = timeLimit(signal, timeout * 1000)
  const over = new Promise<Heard>((done) => {
    const stop = () => done({ kind: 'failed', reason: `it took more than ${timeout} s` })
    if (time.signal.aborted) stop()
    else time.signal.addEventListener('abort', stop, { once: true })
  })
  return Promise.race([over, outcomeOf(run, payload, time.signal)]).finally(time.end)
}

async function outcomeOf(run: HookFunction, payload: HookPayload, signal: AbortSignal): Promise<Heard> {
  try {
    // A copy: what a function changes in it is nobody else's.
    return replied((await run(structuredClone(payload), { signal })) ?? {})
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}
