// A message is refused here when it can be, before anything is started for it; the thread looks again, because not every
// message comes through this client.

import type { Content } from '../../contracts/conversation.js'
import { MAX_MESSAGE_BYTES } from '../../contracts/thread.js'
import { refuseHalfCharacters } from '../check-input.js'
import { InvalidInputError } from '../errors.js'

/** Throws InvalidInputError for what no thread takes: nothing, what JSON cannot hold, more than MAX_MESSAGE_BYTES. */
export function checkMessage(given: unknown): Content {
  if (typeof given !== 'string' && !Array.isArray(given)) {
    throw new InvalidInputError(`message: got ${shown(given)}; wanted text or a list of content blocks`)
  }
  if (given.length === 0 || (typeof given === 'string' && given.trim() === '')) {
    throw new InvalidInputError('message: got nothing; wanted text or a list of content blocks')
  }
  const content = plain(given)
  refuseHalfCharacters(content, 'message')
  const bytes = Buffer.byteLength(JSON.stringify(content))
  if (bytes > MAX_MESSAGE_BYTES) {
    throw new InvalidInputError(`message: got ${bytes} bytes; wanted at most ${MAX_MESSAGE_BYTES}`)
  }
  return content
}

/** Throws InvalidInputError for what cannot be a turn's number; the thread says which there are. */
export function checkTurn(given: unknown): number {
  if (typeof given === 'number' && Number.isSafeInteger(given)) return given
  throw new InvalidInputError(`turn: got ${shown(given)}; wanted a turn's number`)
}

function plain(given: string | unknown[]): Content {
  try {
    return JSON.parse(JSON.stringify(given)) as Content
  } catch (error) {
    // JSON's own refusals: a cycle, a bigint (TypeError), nested beyond the stack (RangeError).
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    throw new InvalidInputError(`message: cannot be written as JSON: ${error.message.split('\n')[0]}`)
  }
}

function shown(given: unknown): string {
  if (typeof given === 'object' && given !== null) return 'an object'
  return given === undefined ? 'nothing' : String(given)
}
