// Keeps a turn whose call did not come back: it failed for good, or it was interrupted while its worker was dead or
// while it waited for a retry. The journal knows what it cost and what had arrived.
import type { KeepTurnRequest, TurnOutcome } from '../../contracts/turn.js'
import { StorageError } from '../../storage/storage-error.js'
import type { CallDeps } from '../call/deps.js'
import { partialOf } from '../call/spent.js'
import { readableStorageErrors } from '../storage-errors.js'
import { conversationAt, putChunk } from './chunks.js'
import { messagesOf, wordsBefore } from './messages.js'
import { adopt, completeResults } from './results.js'
import { outcomeOf, type Put, unansweredChunk } from './turn-chunk.js'

export function createKeepTurn(deps: CallDeps) {
  return async function keepTurn(request: KeepTurnRequest): Promise<TurnOutcome> {
    return readableStorageErrors(async () => {
      const { root, run, step, status, error } = request
      const attempts = await deps.journal.attempts(root, step)
      const ended = status === 'error' ? { status, error } : { status, partial: partialOf(run, attempts) }
      const chunk = unansweredChunk(request, await putBefore(deps, request), ended, attempts)
      return outcomeOf(deps, request, await putChunk(deps, root, chunk), chunk, attempts)
    })
  }
}

/** Of a failed turn nothing is sent later but results of tools, and what failed may be this very conversation. */
async function putBefore(deps: CallDeps, request: KeepTurnRequest): Promise<Put> {
  const { stepNumber = 1, status, results, message, root } = request
  if (status === 'error' && stepNumber === 1) return { before: [] }
  try {
    const conversation = await conversationAt(deps, request)
    if (stepNumber === 1) return { before: wordsBefore(conversation, messagesOf(conversation), message) }
    await adopt(deps, root, results ?? [])
    return { before: [], results: completeResults(conversation.chunks.at(-1), results) }
  } catch (error) {
    // A conversation that cannot be read any more says so at the next turn; this one is kept all the same.
    if (error instanceof StorageError && error.kind !== 'unreachable')
      return { before: [], ...(results && { results }) }
    throw error
  }
}
