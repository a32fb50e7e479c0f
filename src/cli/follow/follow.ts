// Following a run: show it, ask the person what it waits for, and give back what it came to. Ctrl-C stops following,
// never the run.
import { AnswerRefusedError } from '../../client/errors.js'
import type { Run } from '../../client/run.js'
import type { ModelServer } from '../../contracts/outcome.js'
import { EXIT } from '../exit.js'
import { json, say, someoneIsThere } from '../output.js'
import type { Session } from '../session.js'
import { answerView } from '../views/answer-view.js'
import { openView } from '../views/view.js'
import { finish } from './finish.js'
import { promptApproval } from './prompt-approval.js'
import { type Question, questionLines } from './question.js'

export type Following = {
  json?: boolean
  /** Answers for the person, such as the demo does without a terminal; absent: asks on a terminal, else leaves. */
  answer?: (run: Run, question: Question) => Promise<void>
  /** Prints the answer alone instead of a report. */
  plainText?: boolean
  /** Writes the answer of a run of one call as it arrives. */
  arriving?: boolean
  /** Lines of the run that are no news to whoever follows. */
  told?: number
}

type Left = { code: number }

/** Returns the exit code. */
export async function follow(session: Session, run: Run, options: Following = {}): Promise<number> {
  const watching = new AbortController()
  const release = onInterrupt(() => watching.abort())
  const answer = options.arriving ? answerView() : undefined
  const view = answer ?? openView()
  let server: ModelServer | undefined
  let told = options.told ?? 0
  try {
    for await (const event of run.events({ signal: watching.signal })) {
      if (event.type === 'log' && told-- > 0) continue
      view.show(event)
      if (event.type === 'status') server = event.report.server ?? server
      if (event.type !== 'approval') continue
      view.rest()
      const question = { ...event, ...(server && { server }) }
      const left = await answered(session, run, question, { ...options, stopping: watching.signal })
      if (left) return left.code
    }
  } finally {
    view.close()
    release()
  }
  if (watching.signal.aborted) return detached(session, run)
  return finish(session, run, { ...options, shown: answer?.shown() ?? false, ...(server && { server }) })
}

/** undefined when following goes on. */
export async function answered(
  session: Session,
  run: Run,
  question: Question,
  { stopping, ...options }: Pick<Following, 'answer' | 'json'> & { stopping: AbortSignal },
): Promise<Left | undefined> {
  if (options.answer) {
    await unlessAnswered(options.answer(run, question))
    return undefined
  }
  if (!someoneIsThere() || options.json) return leaveWaiting(session, run, question, options)
  for (;;) {
    const prompted = await promptApproval(run, question, {
      stopping,
      read: (ref) => session.ensemble.text({ ref, bytes: 0, head: '' }),
    })
    try {
      switch (prompted.kind) {
        case 'approve':
          await run.approve({
            digest: question.digest,
            approval: question.name,
            ...('input' in prompted && { input: prompted.input }),
          })
          return undefined
        case 'reject':
          await run.reject({ digest: question.digest, approval: question.name, ...noteOf(prompted.note) })
          return undefined
        case 'revise':
          await run.revise({
            ...{ digest: question.digest, approval: question.name, ...noteOf(prompted.note) },
            ...(prompted.input && { input: prompted.input }),
          })
          return undefined
        case 'elsewhere':
          say('answered elsewhere')
          return undefined
        case 'later':
          return leaveWaiting(session, run, question, options)
        case 'left':
          return { code: detached(session, run) }
      }
    } catch (error) {
      if (!(error instanceof AnswerRefusedError)) throw error
      say(`not taken: ${error.message}`)
      // A revision or an answer that does not fit leaves the question open; anything else was answered meanwhile.
      if (prompted.kind !== 'revise' && !('input' in prompted)) return undefined
    }
  }
}

/** Somebody else may have been faster; the run goes on all the same. */
async function unlessAnswered(answering: Promise<void>): Promise<void> {
  try {
    await answering
  } catch (error) {
    if (!(error instanceof AnswerRefusedError)) throw error
    say(`not taken: ${error.message}`)
  }
}

const noteOf = (note: string | undefined) => (note === undefined ? {} : { note })

function leaveWaiting(session: Session, run: Run, question: Question, options: Pick<Following, 'json'>): Left {
  say('')
  for (const line of questionLines(question, run.id, session.command)) say(line)
  sayWhere(session, run.id)
  if (options.json) {
    const { name, title, digest, price } = question
    json({ run: run.id, status: 'waiting', approval: { name, title, digest, price } })
  }
  return { code: EXIT.waiting }
}

export function detached(session: Session, run: Run): number {
  say('')
  // With no worker of ours somebody else's does the work, now as before.
  const when = session.up.workers.length > 0 ? ` at the next \`${session.command('up')}\`` : ''
  say(`not watching any more; run ${run.id} goes on${when}`)
  say(`  watch     ${session.command(`watch ${run.id}`)}`)
  say(`  stop it   ${session.command(`interrupt ${run.id}`)}`)
  return EXIT.detached
}

export function sayWhere(session: Session, id: string): void {
  const link = session.webLink(id)
  if (link) say(`  web ui    ${link}`)
}

/** The first Ctrl-C calls `stop`; a second one leaves at once. Returns how to undo it. */
export function onInterrupt(stop: () => void): () => void {
  let asked = false
  const handler = () => {
    if (asked) process.exit(EXIT.detached)
    asked = true
    stop()
  }
  process.on('SIGINT', handler).on('SIGTERM', handler)
  return () => process.off('SIGINT', handler).off('SIGTERM', handler)
}
