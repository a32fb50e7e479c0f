// `review`: files or paths, and the experts who look at them.
import { z } from 'zod'
import { agentFields } from './agent.js'
import { Id, maxTokens, Text } from './call.js'
import { common, oneOf } from './common.js'

export const EXPERTS = [
  'security',
  'correctness',
  'performance',
  'readability',
  'maintainability',
  'tests',
  'api',
] as const

const { agent, permissionMode, permissions, maxSteps, engine, approvers, onUnknown, allowUnsandboxed, audit } =
  agentFields
/** Who works off the findings, and how; every field has a default. */
export const FixOptions = z.strictObject({
  /** Default: the built-in agent `fixer`. */
  agent,
  model: z.string().optional(),
  /** Default: acceptEdits. */
  permissionMode,
  permissions,
  maxSteps,
  engine,
  approvers,
  onUnknown,
  allowUnsandboxed,
  audit,
  /** The command that runs the tests; may be run without asking. */
  test: z.string().min(1, 'is empty').max(500).optional(),
})
export type FixOptions = z.output<typeof FixOptions>

const OwnExpert = z.strictObject({ name: Id, system: Text })

export const ReviewInput = z
  .strictObject({
    /** Files and directories on the worker's machine; git's ignore rules hold. */
    paths: z.array(z.string().min(1)).min(1, 'is empty: wanted at least one path').optional(),
    files: z
      .array(z.strictObject({ path: z.string().min(1), text: z.string() }))
      .min(1)
      .optional(),
    /** Names of built-in experts, paths of Markdown files, or own ones. */
    experts: z
      .array(z.union([z.string().min(1), OwnExpert]))
      .min(1, 'is empty: wanted at least one expert')
      .optional(),
    question: Text.optional(),
    model: z.string().optional(),
    maxTokens: maxTokens.optional(),
    /** Offer the findings, have an agent work off those that are taken, and offer what it changed. */
    fix: z.union([z.boolean(), FixOptions]).optional(),
    ...common,
  })
  .superRefine(oneOf('paths', 'files'))
  .refine(({ fix, files }) => !fix || files === undefined, {
    path: ['fix'],
    error: 'wanted paths: files that are given as text are nowhere to be changed',
  })
/** `paths` (seen from the worker) or `files` with their text. */
export type ReviewInput = z.input<typeof ReviewInput>

/** How an expert answers. */
export const ExpertAnswer = z.object({
  findings: z.array(
    z.object({
      file: z.string().describe('path exactly as given'),
      line: z.int().describe('line number as given, 1 or more'),
      severity: z.enum(['critical', 'high', 'medium', 'low']),
      title: z.string().describe('one line'),
      detail: z.string().describe('why it matters and what to do, a few sentences'),
    }),
  ),
})
export type ExpertAnswer = z.infer<typeof ExpertAnswer>
