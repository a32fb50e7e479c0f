// A conversation at a terminal. Messages go to the thread at once, so that they are kept whatever happens here; leaving
// leaves the thread as it is.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Thread } from '../../client/thread/thread.js'
import { costLine, lengthLine } from './facts.js'
import { type ChatCommand, helpLines, readLine } from './line.js'
import type { Questions } from './questions.js'
import type { Terminal } from './terminal.js'
import { messageOf, openVoices } from './voices.js'

const PATIENCE_MS = 3000 // for messages on their way, when somebody leaves

export type Talk = {
  line(text: string): void
  /** Ctrl-C: stops the answer; the second time, or with no answer running, leaves. */
  interrupt(): void
  leave(): void
  /** Resolves when the person has left; `busy`: an answer was still to come. */
  left: Promise<{ busy: boolean }>
  /** Shows an answer that is already on its way; `begun`: some of it may have come. */
  resume(turn: number, asked: string, begun: boolean): void
}

/** `questions`: of an agent. */
export function openTalk(thread: Thread, screen: () => Terminal, questions?: Questions): Talk {
  const leaving = new AbortController()
  const onTheirWay = new Set<Promise<void>>()
  let stopping = false
  let leave: (how: { busy: boolean }) => void
  const left = new Promise<{ busy: boolean }>((resolve) => {
    leave = resolve
  })
  const voices = openVoices(screen, leaving.signal, () => {
    stopping = false
  })

  const send = (text: string, place = voices.count(), first?: (id: string) => Promise<void>) => {
    const id = randomUUID()
    let taken = () => {}
    const taking = new Promise<void>((resolve) => {
      taken = resolve
    }).finally(() => onTheirWay.delete(taking))
    onTheirWay.add(taking)
    const asked = voices.count() > 0 ? { asked: firstLine(text) } : {}
    voices.add(
      asked,
      async (voice, waiting) => {
        const onTurn = (turn: number) => {
          voice.turn = turn
          taken()
        }
        try {
          await first?.(id)
          return await thread.send(text, { ...waiting, id, onTurn })
        } finally {
          taken()
        }
      },
      place,
    )
  }
  /** The same message twice, with one id: it goes first, and its answer is waited for like any other. */
  const steer = (text: string) => send(text, Math.min(1, voices.count()), (id) => thread.steer(text, { id }))
  const attempt = (work: () => Promise<void>) => {
    void work().catch((error: unknown) => screen().note(messageOf(error), 'red'))
  }
  const stop = () => {
    const turn = voices.first()?.turn
    attempt(() => thread.interrupt(turn === undefined ? {} : { turn }))
  }
  const go = async () => {
    const busy = voices.count() > 0
    screen().busy(true) // no prompt any more
    await Promise.race([Promise.all(onTheirWay), sleep(PATIENCE_MS, undefined, { ref: false })])
    leaving.abort()
    leave({ busy })
  }
  const answer = (kind: 'approve' | 'reject', rest: string) =>
    questions ? attempt(() => questions.answer(kind, rest.trim())) : screen().note('nothing is asked')
  const perform: Record<ChatCommand, (rest: string) => void> = {
    interrupt: () => (voices.count() > 0 ? stop() : screen().note('nothing is being answered')),
    steer,
    approve: (rest) => answer('approve', rest),
    reject: (rest) => answer('reject', rest),
    clear: () => attempt(() => thread.clear().then(() => screen().note('cleared: the next message begins anew'))),
    len: () => attempt(async () => screen().note(lengthLine(await thread.length()))),
    cost: () => attempt(async () => screen().note(await costLine(thread))),
    close: () => attempt(() => thread.close().then(go)),
    quit: () => void go(),
    help: () => {
      for (const line of helpLines()) screen().note(line)
    },
  }

  return {
    left,
    line(typed) {
      const line = readLine(typed)
      if (line.kind === 'message') send(line.text)
      else if (line.kind === 'command') perform[line.name](line.rest)
      else if (line.kind === 'wrong') screen().note(line.why, 'yellow')
    },
    interrupt() {
      if (voices.count() === 0 || stopping) return void go()
      stopping = true
      stop()
    },
    leave: () => void go(),
    resume(turn, asked, begun) {
      // Of what arrived before somebody listened the stream may have kept nothing.
      const note = begun ? '\n(is being answered; it may come whole at its end)' : ''
      voices.add({ turn, asked: firstLine(asked) + note }, (_voice, waiting) => thread.reply(turn, waiting))
    },
  }
}

function firstLine(text: string): string {
  const [line = '', ...more] = text.split('\n')
  return more.length > 0 ? `${line} …` : line
}
