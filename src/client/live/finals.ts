// What the texts of a run came to, by its result: a failed item has none, whatever had arrived of it.
import type { RunResult } from '../../contracts/outcome.js'
import { NoResultError } from '../errors.js'
import { awaitResult } from '../result.js'
import type { Server } from '../server.js'
import type { Final } from './assemble.js'

export function finalsOf(result: RunResult): Final[] {
  return result.items.map(({ id, status, text, partial }) => ({
    item: id,
    turn: 0,
    text: (status === 'ok' ? text : status === 'interrupted' ? partial : undefined) ?? '',
  }))
}

/** Waits for the end; of a run without a result nothing is known. */
export async function runFinals(server: Server, id: string, signal: AbortSignal): Promise<Final[]> {
  try {
    return finalsOf(await awaitResult(server, id, signal))
  } catch (error) {
    if (error instanceof NoResultError) return []
    throw error
  }
}
