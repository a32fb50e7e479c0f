// Answers that are awaited at a terminal, shown one after the other in the order they were asked for: only the first one
// writes, what comes for the others is kept until it is their turn.
import { EnsembleError } from '../../client/errors.js'
import type { Reply } from '../../client/thread/reply.js'
import type { Waiting } from '../../client/thread/thread.js'
import type { Terminal } from './terminal.js'

export type Voice = {
  /** What it answers, repeated when it was typed while another answer ran. */
  asked?: string
  turn?: number
  later: (() => void)[]
}

export type Voices = {
  /** The one that is being shown. */
  first(): Voice | undefined
  /** Shows what `asking` comes to, after those before `place` (default: after all). */
  add(voice: Omit<Voice, 'later'>, asking: (voice: Voice, waiting: Waiting) => Promise<Reply>, place?: number): void
  count(): number
}

/** `stopped` ends the waiting and shows nothing more; `over` is told of every answer that was shown to its end. */
export function openVoices(screen: () => Terminal, stopped: AbortSignal, over: () => void): Voices {
  const voices: Voice[] = []

  const inTurn = (voice: Voice, write: () => void) => {
    if (voices[0] === voice) write()
    else voice.later.push(write)
  }
  const end = () => {
    voices.shift()
    over()
    const next = voices[0]
    if (!next) return screen().busy(false)
    if (next.asked !== undefined) screen().note(`› ${next.asked}`)
    for (const write of next.later.splice(0)) write()
  }
  const waitingOf = (voice: Voice): Waiting => {
    let any = false
    return {
      signal: stopped,
      onWarning: (message) => inTurn(voice, () => screen().note(message, 'yellow')),
      onText: (text, { reset }) => {
        const again = reset && any
        any = true
        inTurn(voice, () => {
          if (again) screen().note('the answer was cut off and begins again:', 'yellow')
          screen().text(text)
        })
      },
    }
  }
  const show = async (voice: Voice, asking: (voice: Voice, waiting: Waiting) => Promise<Reply>) => {
    try {
      const reply = await asking(voice, waitingOf(voice))
      inTurn(voice, () => ended(screen(), reply))
    } catch (error) {
      if (stopped.aborted) return
      const said = messageOf(error)
      inTurn(voice, () => screen().note(said, 'red'))
    }
    inTurn(voice, end)
  }

  return {
    first: () => voices[0],
    count: () => voices.length,
    add(given, asking, place = voices.length) {
      const voice: Voice = { ...given, later: [] }
      voices.splice(place, 0, voice)
      screen().busy(true)
      if (voices[0] === voice && voice.asked !== undefined) screen().note(`› ${voice.asked}`)
      void show(voice, asking)
    },
  }
}

function ended(screen: Terminal, { status, text, warnings }: Reply): void {
  if (status === 'interrupted') screen.note(text === '' ? '(interrupted before it began)' : '(interrupted)', 'yellow')
  else if (text === '') screen.note('(an answer without text)')
  for (const warning of warnings) screen.note(`warning: ${warning}`, 'yellow')
  screen.note('')
}

/** What went wrong with a message is said and the chat goes on; a bug is not hidden. */
export function messageOf(error: unknown): string {
  if (error instanceof EnsembleError) return error.message
  throw error
}
