// What a hook may answer, the same for all three kinds: the part of Claude Code's answers that can be kept here. Whatever
// would let more happen than without the hook is not in it.
import { z } from 'zod'

const Specific = z.object({
  hookEventName: z.string().optional(),
  /** `allow` is no objection: permissions are asked all the same. */
  permissionDecision: z.enum(['allow', 'deny']).optional(),
  permissionDecisionReason: z.string().optional(),
  /** Takes the place of a tool's arguments (pre_tool_use). */
  updatedInput: z.record(z.string(), z.unknown()).optional(),
  /** Told to the model. */
  additionalContext: z.string().optional(),
})

export const HookReply = z.object({
  decision: z.enum(['approve', 'block']).optional(),
  reason: z.string().optional(),
  hookSpecificOutput: Specific.optional(),
  /** For people. */
  systemMessage: z.string().optional(),
})
export type HookReply = z.infer<typeof HookReply>

/** How one hook ended. */
export type Heard =
  | { kind: 'said'; reply: HookReply }
  | { kind: 'blocked'; reason: string }
  /** It failed, hung, or spoke nonsense. */
  | { kind: 'failed'; reason: string }

/** Text that is no JSON object is context: what a command prints. */
export function heard(text: string): Heard {
  const said = text.trim()
  if (!said.startsWith('{')) return { kind: 'said', reply: said === '' ? {} : context(said) }
  let json: unknown
  try {
    json = JSON.parse(said)
  } catch {
    return { kind: 'failed', reason: 'its answer is no JSON' }
  }
  return replied(json)
}

export function replied(answer: unknown): Heard {
  const parsed = HookReply.safeParse(answer)
  if (parsed.success) return { kind: 'said', reply: parsed.data }
  const { path = [], message = '' } = parsed.error.issues[0] ?? {}
  return { kind: 'failed', reason: `its answer does not fit at ${path.join('.') || 'the top'}: ${message}` }
}

const context = (additionalContext: string): HookReply => ({ hookSpecificOutput: { additionalContext } })
