// `delegate`: a task that an agent splits into parts, which may be split again.
import { z } from 'zod'
import { maxTokens, Text } from './call.js'
import { common } from './common.js'

/** Parts of one level, levels, and calls of the whole delegation: the last is what it can cost at worst. */
export const MAX_PARTS = 8
export const MAX_DEPTH = 4
export const MAX_CALLS = 50

export const DelegateInput = z.strictObject({
  task: Text,
  /** Levels of splitting below the task. */
  maxDepth: z.int().min(1).max(MAX_DEPTH).default(2),
  /** Plans and integrates. */
  model: z.string().optional(),
  /** Works on a part. */
  workerModel: z.string().optional(),
  maxTokens: maxTokens.optional(),
  ...common,
})
/** The task, and how far it may be split. */
export type DelegateInput = z.input<typeof DelegateInput>

/** How the planner answers. What a schema cannot say (how many, which names, no repetition) is judged by code. */
export const DelegationAnswer = z.object({
  parts: z
    .array(
      z.object({
        id: z.string().describe('short name in lower case, such as "data-model"'),
        task: z.string().describe('what to do and what to hand over, complete in itself'),
        context: z.string().optional().describe('what it must know besides; it sees nothing else'),
        delegate: z.boolean().optional().describe('true when it is large enough to be split again'),
      }),
    )
    .describe('2 to 8 parts that can be worked on at the same time; empty when the task should not be split'),
  alone: z.string().optional().describe('only without parts: why one agent should answer the task itself'),
})
export type DelegationAnswer = z.infer<typeof DelegationAnswer>
