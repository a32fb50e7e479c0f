// A chat without a terminal: each line of standard input is a message or a command, answers go to standard output in the
// same order, whole, so that a script gets exactly the answers. Ends at the end of the input.
import { createInterface } from 'node:readline'
import { TurnFailedError } from '../../client/errors.js'
import type { Thread } from '../../client/thread/thread.js'
import { FAILURE } from '../../contracts/failures.js'
import { EXIT, UsageError } from '../exit.js'
import { data, json as jsonLine, say } from '../output.js'
import { costLine, lengthLine } from './facts.js'
import { helpLines, type Line, readLine } from './line.js'
import type { Questions } from './questions.js'

/** `json`: a JSON document for each answer. Returns the exit code. */
export async function plainChat(thread: Thread, json: boolean, questions?: Questions): Promise<number> {
  const doing: Doing = { thread, json, code: EXIT.ok }
  let earlier: Promise<void> = Promise.resolve()
  let quit = false
  for await (const typed of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = readLine(typed)
    if (line.kind === 'wrong') throw new UsageError(line.why)
    if (line.kind === 'nothing') continue
    if (line.kind === 'command' && line.name === 'quit') quit = true
    if (quit) break
    // These are about the answer that runs now; everything else has its turn.
    if (line.kind === 'command' && line.name === 'interrupt') await thread.interrupt()
    else if (line.kind === 'command' && (line.name === 'approve' || line.name === 'reject'))
      await questions?.answer(line.name, line.rest.trim())
    else if (line.kind === 'command' && line.name === 'steer') await thread.steer(line.rest)
    else earlier = earlier.then(() => perform(doing, line))
    earlier.catch(() => undefined) // thrown below
  }
  await earlier
  return doing.code
}

type Doing = { thread: Thread; json: boolean; code: number }

async function perform(doing: Doing, line: Line): Promise<void> {
  const { thread } = doing
  if (line.kind === 'message') return answer(doing, line.text)
  if (line.kind !== 'command') return
  if (line.name === 'clear') await thread.clear()
  else if (line.name === 'close') await thread.close()
  else if (line.name === 'len') say(lengthLine(await thread.length()))
  else if (line.name === 'cost') say(await costLine(thread))
  else if (line.name === 'help') for (const help of helpLines()) say(help)
}

/** A turn that failed is said, and the next one asked; a thread that takes no message ends it. */
async function answer(doing: Doing, text: string): Promise<void> {
  try {
    const reply = await doing.thread.send(text, { onWarning: say })
    if (doing.json) return jsonLine(reply)
    data(reply.text)
    if (reply.status === 'interrupted') say(`turn ${reply.turn} was interrupted`)
  } catch (error) {
    if (!(error instanceof TurnFailedError)) throw error
    doing.code = error.type === FAILURE.authentication ? EXIT.connection : EXIT.failed
    const { type, message, statusCode, details } = error
    const { thread: _thread, turn, ...cost } = details
    if (doing.json) jsonLine({ turn, status: 'error', error: { type, message, statusCode }, ...cost })
    else say(message)
  }
}
