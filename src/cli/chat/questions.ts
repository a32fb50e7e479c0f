// What an agent in a chat does and asks: a line for each tool, and its questions with the exact arguments, answered by
// /approve and /reject in the same terminal.
import { setTimeout as sleep } from 'node:timers/promises'
import { AnswerRefusedError, RunNotFoundError } from '../../client/errors.js'
import type { Run } from '../../client/run.js'
import { parsePatch } from '../follow/prompted-json.js'
import { askedLines, type Question } from '../follow/question.js'
import { personName } from '../session.js'
import { toolLines } from '../views/tool-lines.js'

const AGAIN_MS = 500

export type Questions = {
  /** /approve: nothing, or other arguments as JSON; /reject: a reason. Of several the oldest is answered. */
  answer(kind: 'approve' | 'reject', rest: string): Promise<void>
  close(): void
}

/** @param tell writes a line for the person. `failed` is told what ended the watching, if something did. */
export function openQuestions(run: Run, tell: (line: string) => void, failed: (error: unknown) => void): Questions {
  const open = new Map<string, Question>()
  const closing = new AbortController()
  void watch(run, { open, tell, signal: closing.signal }).catch(failed)
  return {
    close: () => closing.abort(),
    async answer(kind, rest) {
      const [question] = open.values()
      if (!question) return tell('nothing is asked')
      const input = parsePatch(rest)
      if (kind === 'approve' && rest !== '' && !input)
        return tell('/approve: wanted nothing, or the arguments it shall have as a JSON object')
      const { name, digest } = question
      const said = { approval: name, digest, by: personName() }
      try {
        if (kind === 'approve') await run.approve({ ...said, ...(input && { input }) })
        else await run.reject({ ...said, ...(rest !== '' && { note: rest }) })
      } catch (error) {
        if (!(error instanceof AnswerRefusedError)) throw error
        return tell(`not taken: ${error.message}`)
      }
      open.delete(keyOf(question))
    },
  }
}

type Watching = { open: Map<string, Question>; tell(line: string): void; signal: AbortSignal }

/** A thread is there only after its first message. */
async function watch(run: Run, watching: Watching): Promise<void> {
  const { signal } = watching
  while (!signal.aborted) {
    try {
      return await follow(run, watching)
    } catch (error) {
      if (!(error instanceof RunNotFoundError)) throw error
    }
    await sleep(AGAIN_MS, undefined, { ref: false })
  }
}

async function follow(run: Run, { open, tell, signal }: Watching): Promise<void> {
  for await (const event of run.events({ signal })) {
    if (event.type === 'tool' && event.tool.status !== 'asked')
      for (const line of toolLines(event.tool)) tell(`  ${line}`)
    if (event.type !== 'approval') continue
    open.set(keyOf(event), event)
    for (const line of askedLines(event)) tell(line)
    tell(event.tool ? '  /approve, /approve {"other": "arguments"}, or /reject why' : '  /approve, or /reject why')
    // Answered elsewhere, or withdrawn, it is no question any more.
    const { approvals } = await run.status()
    for (const [key, question] of open)
      if (!approvals.some((one) => keyOf(one) === key && !one.answer)) open.delete(keyOf(question))
  }
}

const keyOf = ({ name, digest }: Pick<Question, 'name' | 'digest'>) => `${name} ${digest}`
