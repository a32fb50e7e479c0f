// Where a model call stands in its conversation, and what its journal entry, its label and its request are made of.
import type { Conversation, Step, Stopping, TurnMessage } from './conversation.js'

export type At = { message: TurnMessage; step?: Step; stopping: Stopping }

export function isLater(step: Step | undefined): step is Step {
  return step !== undefined && step.number > 1
}

export function commonOf({ plan, run, name }: Conversation, { message: { turn }, step }: Pick<At, 'message' | 'step'>) {
  const { root, server, settings, inlineBytes, timeoutSeconds, maxRetries, maxWaitSeconds, shown } = plan
  const of = [...(name === '' ? [] : [name]), `turn ${turn}`, ...(isLater(step) ? [`step ${step.number}`] : [])]
  const label = [...of, shown.model.replace(/^claude-/, '')].join(' · ')
  return {
    ...{ root, run, step: stepNameOf(name, turn, step?.number), label, server, settings, turn },
    ...{ inlineBytes, timeoutSeconds, maxRetries, maxWaitSeconds },
  }
}

/** What the journal keeps a model call of a turn under. */
export function stepNameOf(name: string, turn: number, step = 1): string {
  return `${name === '' ? '' : `${name}:`}turn:${turn}${step > 1 ? `:${step}` : ''}`
}

export function placeOf({ state, plan }: Conversation, { message, step }: At) {
  const { head, chained, condensed, length } = state
  const { turn, content, id } = message
  const agent = plan.agent?.ref
  return {
    turn,
    chained,
    length,
    message: isLater(step) ? [] : content,
    ...(head !== undefined && { head }),
    ...(condensed !== undefined && { condensed }),
    ...(id !== undefined && !isLater(step) && { id }),
    ...(agent !== undefined && { agent }),
    ...(isLater(step) && { stepNumber: step.number, results: step.results ?? [] }),
    ...(step?.context !== undefined && { context: step.context }),
  }
}
