// Asks the person at the terminal. The question goes away by itself when somebody answers it elsewhere meanwhile.
import type { Run } from '../../client/run.js'
import type { Ref } from '../../contracts/refs.js'
import { say } from '../output.js'
import { type Asking, promptFor } from './prompts.js'
import { askedLines, type Question } from './question.js'

/** `later` leaves the question open; `elsewhere`: somebody else answered; `left`: Ctrl-C. */
export type Prompted =
  | { kind: 'approve'; input?: unknown }
  | { kind: 'reject'; note?: string }
  | { kind: 'revise'; input?: Record<string, unknown>; note?: string }
  | { kind: 'later' | 'elsewhere' | 'left' }

const LOOK_MS = 1000

/** `stopping` takes the question away and counts as left. `read`: a stored text, whole. */
export async function promptApproval(
  run: Run,
  question: Question,
  { stopping, read }: { stopping: AbortSignal; read: (ref: Ref) => Promise<string> },
): Promise<Prompted> {
  const answered = new AbortController()
  const signal = AbortSignal.any([answered.signal, stopping])
  const asking: Asking = { common: { input: process.stdin, output: process.stderr, signal }, read }
  const watcher = setInterval(() => {
    void stillOpen(run, question).then((open) => open || answered.abort())
  }, LOOK_MS)
  try {
    say()
    for (const line of askedLines(question)) say(line)
    const prompted = await promptFor(question, asking)
    return answered.signal.aborted ? { kind: 'elsewhere' } : prompted
  } finally {
    clearInterval(watcher)
  }
}

/** A worker that does not answer right now says nothing about the question. */
async function stillOpen(run: Run, { name, digest }: Question): Promise<boolean> {
  const report = await run.status().catch(() => undefined)
  if (!report) return true
  return report.approvals.some((approval) => approval.name === name && approval.digest === digest && !approval.answer)
}
