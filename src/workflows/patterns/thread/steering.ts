// Everything that can be said to a thread: set before its first await, so that nothing comes too early; never throwing,
// deaf to nothing. What has no effect is listed with its reason.
import { ApplicationFailure, defineSignal, setDefaultSignalHandler, setHandler } from '@temporalio/workflow'
import * as messages from '../../../contracts/messages.js'
import type { Sent } from '../../../contracts/thread.js'
import { readTarget } from '../approvals/answer.js'
import { changed, firstTime, REASON_CHARACTERS, refuse, short } from '../run/run.js'
import { steerApprovals } from '../run/steering.js'
import { readTurn } from './messages.js'
import { accept, clearThread, interruptAll, interruptTurn, type Judged, judge, steerBy } from './queue.js'
import { answerOf, messagesOf, statusOfThread } from './report.js'
import type { Thread } from './state.js'

type Signal = { does: (sent?: unknown) => void; description: string }

export function steerThread(thread: Thread): void {
  const { run } = thread
  const signals = signalsOf(thread)
  const approvals = new Map<string, Signal['does']>()
  const wanted = Object.keys(signals).join(', ')
  // First of all: what came before this execution began is dispatched by it, in the order in which it came. Named
  // handlers would each take their own, and a clear that was sent before a message could be done after it.
  setDefaultSignalHandler((name, sent?: unknown) => {
    const does = signals[name]?.does ?? approvals.get(name)
    if (does) does(sent)
    else refuse(run, name, `no signal is called "${name}"; wanted one of ${wanted}`)
  })
  for (const [name, { does, description }] of Object.entries(signals))
    setHandler(defineSignal(name), does, { description })
  for (const [name, does] of Object.entries(steerApprovals(run))) approvals.set(name, does)
  setHandler(messages.send, (sent?: unknown) => byUpdate(thread, sent), {
    description: 'A message: text, or { "text": "…", "id": "your own" }. Answers with the turn’s number.',
    validator: (sent?: unknown) => {
      const judged = judge(thread, sent, { byUpdate: true })
      if ('refused' in judged) throw refusal(judged)
    },
  })
  setHandler(messages.answer, (sent?: unknown) => answerOf(thread, sent), {
    description: 'A turn by its number, { "turn": 1 }: how it ended, or that it is pending.',
  })
  setHandler(messages.messages, () => messagesOf(thread), { description: 'The newest turns with their texts.' })
  setHandler(messages.length, () => thread.conversation?.state.length ?? 0, {
    description: 'Answered turns since the beginning or the last clear.',
  })
  setHandler(messages.status, () => statusOfThread(thread), {
    description: 'Settings, the newest turns, dollars, what was refused.',
  })
}

function signalsOf(thread: Thread): Record<string, Signal> {
  const word = (name: string, work: (id?: string) => string | undefined) => (sent?: unknown) =>
    byWord(thread, name, sent, work)
  return {
    [messages.post.name]: {
      does: (sent) => bySignal(thread, 'post', sent),
      description: 'A message, as send, without an answer.',
    },
    [messages.steer.name]: {
      does: (sent) => bySignal(thread, 'steer', sent),
      description: 'Interrupts the running answer and goes on with this message.',
    },
    [messages.clear.name]: {
      does: word('clear', (id) => clearThread(thread, id)),
      description: 'Forgets the conversation once what was sent before is answered; keeps the settings. No input.',
    },
    [messages.interrupt.name]: {
      does: (sent) => byInterrupt(thread, sent),
      description:
        'Stops the running answer and keeps what is there. A turn’s number: takes a waiting message out; { "all": true }: all of them, too.',
    },
    [messages.close.name]: {
      does: word('close', () => closeThread(thread)),
      description: 'No more messages; ends when what waits is answered. No input.',
    },
    [messages.pause.name]: {
      does: word('pause', () => pauseThread(thread, true)),
      description: 'Start no further turn; what runs goes on. No input.',
    },
    [messages.resume.name]: {
      does: word('resume', () => pauseThread(thread, false)),
      description: 'Go on after a pause. No input.',
    },
  }
}

/** Judged again: of several updates in one task the first may have taken the last place. */
function byUpdate(thread: Thread, sent: unknown): Sent {
  thread.accepted++
  const judged = judge(thread, sent, { byUpdate: true })
  if ('refused' in judged) throw refusal(judged)
  return { turn: 'repeated' in judged ? judged.repeated : accept(thread, judged.message) }
}

function bySignal(thread: Thread, name: 'post' | 'steer', sent: unknown): void {
  const judged = judge(thread, sent, { byUpdate: false })
  if ('refused' in judged) refuse(thread.run, name, judged.refused)
  else if ('message' in judged && name === 'post') accept(thread, judged.message)
  else if ('message' in judged) steerBy(thread, judged.message)
}

function byWord(thread: Thread, name: string, sent: unknown, work: (id?: string) => string | undefined): void {
  const target = readTarget(name, sent)
  const why = 'refused' in target ? target.refused : work(target.id)
  if (why) refuse(thread.run, name, why)
}

function byInterrupt(thread: Thread, sent: unknown): void {
  const all = typeof sent === 'object' && sent !== null && 'all' in sent && sent.all === true
  const read = all ? {} : readTurn(sent)
  if ('refused' in read) {
    refuse(thread.run, 'interrupt', read.refused)
    return
  }
  const target = readTarget('interrupt', sent)
  if (!('refused' in target) && !firstTime(thread.run, 'interrupt', target.id)) return
  const why = all ? interruptAll(thread) : interruptTurn(thread, read.turn)
  if (why) refuse(thread.run, 'interrupt', why)
}

function closeThread(thread: Thread): undefined {
  thread.closing = true
  changed(thread.run)
}

function pauseThread({ run }: Thread, paused: boolean): undefined {
  run.paused = paused
  if (paused && run.state === 'open') run.state = 'paused'
  if (!paused && run.state === 'paused') run.state = 'open'
  changed(run)
}

function refusal({ type, refused }: Extract<Judged, { refused: string }>): ApplicationFailure {
  return ApplicationFailure.nonRetryable(short(refused, REASON_CHARACTERS), type)
}
