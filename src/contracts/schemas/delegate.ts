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
export type DelegateInput = z.input<typeof DelegateInput>
