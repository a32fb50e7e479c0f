// `code`: a task for several agents in one repository. A model makes the plan, or a person gives it; both have one shape.
import { z } from 'zod'
import { agentFields } from './agent.js'
import { maxTokens, Text } from './call.js'
import { Confirm, common } from './common.js'

/** Agents of one plan. */
export const MAX_CODE_AGENTS = 50

const relative = z.string().describe('path from the top of the repository, with /')

/** What one agent does. What a schema cannot say (shared files, cycles, paths outside) is judged by code. */
const PlannedAgent = z.object({
  what: z.string().describe('the commit it becomes, as its subject: imperative, at most 60 characters'),
  task: z.string().describe('what to do, complete in itself: it sees nothing else of the request'),
  files: z.array(relative).describe('every file it creates or changes; nobody else in its stage has any of them'),
  criteria: z.array(z.string()).describe('what must hold at the end, each checkable by a command or by a file'),
  model: z.string().nullable().describe('null: haiku; sonnet or opus only where the work is hard'),
  tokens: z.int().describe('output tokens it will need, all files together'),
  minutes: z.number().describe('how long it will take'),
  needs: z
    .array(z.int())
    .optional()
    .describe('agents whose result it builds upon, by their number, counted from 1 over all stages'),
})

/** How the planner answers. */
export const CodePlanAnswer = z.object({
  summary: z.string().describe('what will be there at the end, one sentence'),
  stages: z
    .array(
      z.object({
        title: z.string().describe('a few words'),
        mode: z
          .enum(['parallel', 'sequential'])
          .describe('sequential: each agent of the stage begins with what the one before it left'),
        agents: z.array(PlannedAgent),
      }),
    )
    .describe('one after the other: a stage begins with the result of those before it'),
})
export type CodePlanAnswer = z.infer<typeof CodePlanAnswer>

/** How an agent that programs ends a turn. */
export const ProgrammerReport = z.object({
  work: z.string().describe('what was done, one line'),
  criteria: z.array(
    z.object({
      criterion: z.string().describe('as it was given'),
      met: z.boolean(),
      shown: z.string().describe('the command or the file with its line that shows it; why not, where it is not met'),
    }),
  ),
})
export type ProgrammerReport = z.infer<typeof ProgrammerReport>

/** A plan as people write it: what a model must say, they may leave out. */
const OwnPlan = z.strictObject({
  summary: z.string().default(''),
  stages: z
    .array(
      z.strictObject({
        title: z.string().default(''),
        mode: z.enum(['parallel', 'sequential']).default('parallel'),
        agents: z
          .array(
            z.strictObject({
              /** Its name, as plans show it; given anew, in order. */
              id: z.string().optional(),
              what: z.string().min(1).max(200).optional(),
              task: z.string(),
              files: z.array(z.string()),
              criteria: z.array(z.string()).default([]),
              model: z.string().nullable().default(null),
              tokens: z.int().min(0).max(1_000_000).default(4000),
              minutes: z.number().min(0).max(10_000).default(2),
              needs: z.array(z.int()).optional(),
            }),
          )
          .min(1, 'is empty: wanted at least one agent'),
      }),
    )
    .min(1, 'is empty: wanted at least one stage'),
})

const { permissions, maxSteps, engine, approvers, onUnknown, allowUnsandboxed, audit } = agentFields

export const CodeInput = z.strictObject({
  task: Text,
  /** Absolute path, on a worker's machine, of a git repository or of a directory in one. */
  repo: z.string().startsWith('/', 'wanted an absolute path'),
  /** The machine that has it, as its worker is called (ENSEMBLE_HOST); absent: whichever worker takes the run. */
  host: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'wanted 1 to 100 letters, digits or any of _ . -')
    .optional(),
  /** The branch that gets the commits; default: the one that is checked out. */
  base: z.string().min(1).max(200).optional(),
  /** The command that runs the tests; false: none are run; absent: it is looked for. */
  test: z.union([z.string().min(1, 'is empty').max(500), z.literal(false)]).optional(),
  /** Changes that are not committed stay out of the agents' sight. */
  allowDirty: z.boolean().default(false),
  /** Plans. */
  model: z.string().optional(),
  /** Of one answer. */
  maxTokens: maxTokens.optional(),
  /** Of agents for which the plan names none. */
  workerModel: z.string().optional(),
  /** Instead of a model's. */
  plan: OwnPlan.optional(),
  /** An earlier `code` run to build upon: its id. */
  after: z.string().min(1).max(1000).optional(),
  /** How agents are called: {model} and {n} are replaced. */
  naming: z
    .string()
    .max(60)
    .regex(
      /^(?=[\w{])(?=.*\{n\})[\w .{}-]*[\w}]$/,
      'wanted letters, digits or any of _ . - with {n} in it, a letter or digit at both ends: {model}-{n}',
    )
    .default('{model}-{n}'),
  /** The repository's own hooks run at its commits, with its configuration. */
  hooks: z.boolean().default(false),
  /** Leave the working trees of the agents where they are. */
  keep: z.boolean().default(false),
  permissions,
  maxSteps,
  engine,
  approvers,
  onUnknown,
  /** Commands of agents and the tests may run without a sandbox. */
  allowUnsandboxed,
  audit,
  ...common,
  confirm: Confirm.default('always'),
})
/** What is to be done, and where. */
export type CodeInput = z.input<typeof CodeInput>
export type OwnPlan = z.output<typeof OwnPlan>
