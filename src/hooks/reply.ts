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
  /** false is an objection, too. */
  continue: z.boolean().optional(),
  stopReason: z.string().optional(),
  /** Means nothing here: what hooks print is never shown. */
  suppressOutput: z.boolean().optional(),
})
export type HookReply = z.infer<typeof HookReply>

/** How one hook ended. */
export type Heard =
  /** `unknown`: fields that mean nothing; one of them may be a misspelt objection. */
  | { kind: 'said'; reply: HookReply; unknown: string[] }
  | { kind: 'blocked'; reason: string }
  /** It failed, hung, or spoke nonsense. */
  | { kind: 'failed'; reason: string }

/** Text that is no JSON object is context: what a command prints. */
export function heard(text: string): Heard {
  const said = text.trim()
  if (!said.startsWith('{')) return { kind: 'said', reply: said === '' ? {} : context(said), unknown: [] }
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
  if (parsed.success) return { kind: 'said', reply: parsed.data, unknown: unknownIn(answer) }
  const { path = [], message = '' } = parsed.error.issues[0] ?? {}
  return { kind: 'failed', reason: `its answer does not fit at ${path.join('.') || 'the top'}: ${message}` }
}

function unknownIn(answer: unknown): string[] {
  const { hookSpecificOutput: own = {}, ...rest } = answer as Record<string, unknown>
  const [known, ofOwn] = [HookReply.keyof().options as string[], Specific.keyof().options as string[]]
  return [
    ...Object.keys(rest).filter((name) => !known.includes(name)),
    ...Object.keys(own as object).filter((name) => !ofOwn.includes(name)),
  ]
}

const context = (additionalContext: string): HookReply => ({ hookSpecificOutput: { additionalContext } })
