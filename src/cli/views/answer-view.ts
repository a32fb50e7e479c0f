// One answer on a terminal, written as it arrives.
import { harmless, say } from '../output.js'
import type { View } from './view.js'

/** `shown`: whether any of the answer was written. */
export type AnswerView = View & { shown(): boolean }

export function answerView(out: NodeJS.WritableStream = process.stdout): AnswerView {
  let any = false
  let midLine = false
  const rest = () => {
    if (midLine) out.write('\n')
    midLine = false
  }
  const talk = (line: string) => {
    rest()
    say(line)
  }
  return {
    shown: () => any,
    rest,
    close: rest,
    show(event) {
      if (event.type === 'warning') return talk(`warning: ${event.message}`)
      if (event.type === 'refused') return talk(`refused: ${event.message}: ${event.reason}`)
      if (event.type !== 'text') return
      if (event.reset && any) talk('— the answer was cut off and begins again —')
      if (event.text === '') return
      any = true
      midLine = !event.text.endsWith('\n')
      out.write(harmless(event.text))
    },
  }
}
