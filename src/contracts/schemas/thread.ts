// `thread`: a conversation's settings. They hold for its whole life; what is said comes as messages.
import { z } from 'zod'
import { agentFields } from './agent.js'
import { maxTokens, params, TextOrBlocks, temperature } from './call.js'
import { calling } from './common.js'

export const ThreadInput = z.strictObject({
  system: TextOrBlocks.optional(),
  model: z.string().optional(),
  maxTokens: maxTokens.optional(),
  temperature: temperature.optional(),
  cacheSystem: z.boolean().default(true),
  params: params.optional(),
  /** The first message; the thread ends with its answer. */
  task: TextOrBlocks.optional(),
  /** Sent when the task was answered; the thread ends with its answer. */
  verify: TextOrBlocks.optional(),
  /** Share of the model's context from which the oldest turns are condensed into a summary. */
  condenseAt: z.number().min(0.01).max(0.95).default(0.8),
  /** Publish texts while they arrive. */
  stream: z.boolean().default(true),
  /** A fork: the conversation begins as another one was at the end of a turn. */
  from: z
    .strictObject({
      root: z.strictObject({ workflowId: z.string().min(1), firstRunId: z.string().min(1) }),
      head: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'wanted the ref of a turn'),
    })
    .optional(),
  ...calling,
  /** With `agent` or `tools` it is an agent at work. */
  ...agentFields,
})
/** Settings of a conversation, for its whole life. */
export type ThreadInput = z.input<typeof ThreadInput>
