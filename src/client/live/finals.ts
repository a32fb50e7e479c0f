// What the texts of a run came to, by its result: a failed item has none, whatever had arrived of it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunResult } from '../../contracts/outcome.js'
import type { ThreadResult } from '../../contracts/thread.js'
import { ConnectionError, InvalidInputError, NoResultError } from '../errors.js'
import { OUTAGE_MS } from '../events.js'
import { awaitResult } from '../result.js'
import type { Server } from '../server.js'
import type { Final } from './assemble.js'

const AGAIN_MS = 1000

export function finalsOf(result: RunResult): Final[] {
  const { turns, answer } = result as Partial<ThreadResult>
  if (turns !== undefined && answer !== undefined) return [{ item: '', turn: turns, text: answer }]
  return result.items.map(({ id, status, text, partial }) => ({
    item: id,
    turn: 0,
    text: (status === 'ok' ? text : status === 'interrupted' ? partial : undefined) ?? '',
  }))
}

/** Waits for the end; of a run without a result nothing is known. Throws ConnectionError after a minute without server. */
export async function awaitFinals(server: Server, id: string, signal: AbortSignal): Promise<Final[]> {
  for (let awaySince = 0; ; ) {
    const asked = Date.now()
    try {
      return finalsOf(await awaitResult(server, id, signal))
    } catch (error) {
      if (signal.aborted || error instanceof NoResultError || error instanceof InvalidInputError) return []
      if (!(error instanceof ConnectionError)) throw error
      // A wait that lasted was in contact.
      if (awaySince === 0 || Date.now() - asked > 2 * AGAIN_MS) awaySince = Date.now()
      if (Date.now() - awaySince > OUTAGE_MS) throw error
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}
