// A hook that is a web address: the event is posted as JSON and asked again when nobody answers. Every repetition says
// the same id, so that the other side can tell it from another event.

import { setTimeout as sleep } from 'node:timers/promises'
import { timeLimit } from '../contracts/time-limit.js'
import type { HookRun } from './command.js'
import { expanded } from './environment.js'
import { type Heard, heard } from './reply.js'

export type WebhookHook = { url: string; headers: Record<string, string>; timeout: number; retries: number }

const MAX_ANSWER = 64 * 1024
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000

/** `timeout`: seconds of one attempt. */
export async function runWebhook(hook: WebhookHook, id: string, { text, env, signal }: HookRun): Promise<Heard> {
  let headers: Record<string, string>
  try {
    const own = Object.entries(hook.headers).map(([name, value]) => [name, expanded(value, env)])
    headers = { ...Object.fromEntries(own), 'content-type': 'application/json', 'idempotency-key': id }
  } catch (error) {
    return { kind: 'failed', reason: (error as Error).message }
  }
  for (let attempt = 0; ; attempt += 1) {
    const end = await post(hook, headers, text, signal)
    if (end.kind !== 'again') return end
    if (attempt >= hook.retries) return { kind: 'failed', reason: `${end.reason} (${attempt + 1} attempts)` }
    const pause = Math.max(FIRST_PAUSE_MS * 2 ** attempt, end.afterMs ?? 0)
    await sleep(Math.min(pause, LONGEST_PAUSE_MS), undefined, { signal })
  }
}

type Posted = Heard | { kind: 'again'; reason: string; afterMs?: number }

async function post(
  hook: WebhookHook,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<Posted> {
  const time = timeLimit(signal, hook.timeout * 1000)
  try {
    const response = await fetch(hook.url, { method: 'POST', headers, body, signal: time.signal, redirect: 'error' })
    if (response.ok) return heard(await beginning(response))
    await response.body?.cancel()
    const reason = `it answered ${response.status}`
    if (response.status < 500 && response.status !== 429 && response.status !== 408) return { kind: 'failed', reason }
    const after = Number(response.headers.get('retry-after'))
    return { kind: 'again', reason, ...(after > 0 && { afterMs: after * 1000 }) }
  } catch (error) {
    signal.throwIfAborted()
    if (time.isOver()) return { kind: 'again', reason: `it took more than ${hook.timeout} s` }
    // fetch says so of whatever goes wrong on the way, with the reason inside.
    if (!(error instanceof TypeError)) throw error
    const { cause } = error as { cause?: { code?: string; message?: string } }
    return { kind: 'again', reason: `it cannot be reached (${cause?.code ?? cause?.message ?? error.message})` }
  } finally {
    time.end()
  }
}

async function beginning(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_ANSWER) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
