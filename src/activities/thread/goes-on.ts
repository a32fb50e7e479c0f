// Whether a turn of an agent goes on after an answer. Tools run only when the model stopped to use them; where they were
// cut off it is told so and asks again; an empty answer after results is asked for once more.
import type { Chunk, ContentBlock } from '../../contracts/conversation.js'
import type { TurnRequest } from '../../contracts/turn.js'
import { isEmpty } from './messages.js'
import { toolUses } from './results.js'

/** @param last the chunk before. */
export function goesOn(
  { agent, stepNumber = 1 }: Pick<TurnRequest, 'agent' | 'stepNumber'>,
  { content, stopReason }: { content: ContentBlock[]; stopReason: string },
  last: Chunk | undefined,
): boolean {
  if (agent === undefined) return false
  switch (stopReason) {
    case 'tool_use':
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return toolUses(content).length > 0
    case 'end_turn':
      return stepNumber > 1 && isEmpty({ answer: content }) && last !== undefined && !isEmpty(last)
    default:
      return false
  }
}
