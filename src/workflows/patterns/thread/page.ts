// A thread's page in the Web UI: what it is, what waits, what it cost, and the last words said.
import type { EndedTurn } from '../../../contracts/continued-thread.js'
import { amount, cut, HIDDEN, line, refused, text } from '../page/markdown.js'
import { answersOf, moneyOf, questionsOf } from '../page/questions.js'
import { statusOfThread, titleOf } from './report.js'
import { type Thread, waitingMessages } from './state.js'

const ROWS = 12
const WORDS = 300

export function pageOf(thread: Thread): string {
  const { run, conversation, running } = thread
  const { status } = statusOfThread(thread)
  const { server, shown, warnings = [] } = conversation?.plan ?? {}
  const waits = waitingMessages(thread).length
  const at = running ? ` · answers turn ${running.message.turn}` : ''
  const ended = [...thread.ended.values()]
  const page = [
    `**${status}** · ${text(titleOf(thread), 200)}${at}${server === 'simulated' ? ' · SIMULATED' : ''}`,
    ...(shown
      ? [`At most ${shown.maxTokens} tokens an answer${shown.system ? ` · system: ${text(shown.system, WORDS)}` : ''}`]
      : []),
    ...questionsOf(run),
    ...refused(run),
    ...answersOf(run),
    ...moneyOf(run),
    ...warnings.map((warning) => `Note: ${text(warning, 250)}`),
    ...lastWords(ended.filter((turn) => !turn.cleared).at(-1)),
    table(ended.slice(-ROWS)),
    `${conversation?.state.length ?? 0} answered · ${waits} waiting · spent ${amount(run.totals.usd)} · cache saved ${amount(run.totals.savedUsd)}`,
    HIDDEN,
  ]
  return cut(page.filter((part) => part !== '').join('\n\n'))
}

function lastWords(last: EndedTurn | undefined): string[] {
  if (!last) return []
  const { sent, text: answer = '', error } = last
  const said = typeof sent === 'string' ? [`> ${text(sent, WORDS)}`] : []
  const words = error ? error.message : typeof answer === 'string' ? answer : answer.head
  return [...said, ...(words === '' ? [] : [text(words, WORDS)])]
}

function table(ended: EndedTurn[]): string {
  if (ended.length === 0) return ''
  const rows = ended.map(({ turn, status, attempts, usage, usd }) => {
    const state = attempts > 1 ? `${status}, ${attempts} attempts` : status
    return line([String(turn), state, String(usage.outputTokens), amount(usd)])
  })
  return (line(['turn', 'state', 'tokens', 'cost']) + line([':--', ':--', '--:', '--:'], '') + rows.join('')).trimEnd()
}
