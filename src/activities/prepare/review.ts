// `review`: the files once as a shared part, the experts as items on top of it; in groups when the files are too large
// for one context.
import { z } from 'zod'
import { type Expert, expertPrompt, loadExperts } from '../../agents/experts.js'
import { DEFAULT_MODEL, findModel } from '../../agents/models.js'
import { ExpertAnswer, ReviewInput } from '../../contracts/schemas/index.js'
import type { AgentDeps } from '../agent/deps.js'
import type { StoredCall } from '../call/request.js'
import { estimateTokens } from '../call/usage.js'
import { type FixKeep, fixOf, fixPlanOf, NOT_PRICED } from '../fix/workspace.js'
import { InputError } from '../input-error.js'
import { leftOutWarning } from '../left-out.js'
import { readTextFile } from '../read-text-file.js'
import { readReviewFiles } from '../review/read.js'
import { pack, sharedText } from '../review/shared.js'
import { type Draft, type DraftCall, toBlocks } from './draft.js'
import { parseInput } from './parse.js'

/** Share of a model's context the files may fill. */
const CONTEXT_SHARE = 0.6
/** Findings are JSON behind thinking, and thinking counts. */
const MAX_TOKENS = 8192

/** What the later steps of a review need beside its plan. */
export type ReviewKeep = {
  files: { path: string; lines: number }[]
  leftOut: { path: string; reason: string }[]
  items: { id: string; expert: string; group: number }[]
  summary: { model: string; maxTokens: number }
  fix?: FixKeep
}

export async function draftReview(
  { settings }: Pick<AgentDeps, 'settings'>,
  raw: unknown,
  signal: AbortSignal,
): Promise<Draft> {
  const input = parseInput(ReviewInput, raw)
  const named = input.model ?? DEFAULT_MODEL
  // Resolved here already: the summary's request is made long after the plan.
  const model = findModel(named)?.id ?? named
  const maxTokens = input.maxTokens ?? MAX_TOKENS
  const experts = await loadExperts(input.experts, readTextFile).catch(toInputError)
  const { files, leftOut } = await readReviewFiles(input, signal)
  const fix = input.fix ? await fixOf(input.fix === true ? {} : input.fix, files) : undefined
  const contextTokens = findModel(model)?.contextTokens ?? 200_000
  const groups = pack(files, contextTokens * CONTEXT_SHARE, (text) => estimateTokens(text.length))
  const calls = groups.flatMap((_, group) => experts.map((expert) => expertCall(expert, group, groups.length)))
  const keep: ReviewKeep = {
    files: files.map(({ path, lines }) => ({ path, lines })),
    leftOut,
    items: calls.map(({ call, expert, shared }) => ({ id: call.id, expert, group: shared })),
    summary: { model, maxTokens: 2048 },
    ...(fix && { fix }),
  }
  return {
    title: `${experts.map((expert) => expert.name).join(', ')} on ${files.length} file${files.length === 1 ? '' : 's'}`,
    calls,
    shared: groups.map((group) => ({ blocks: toBlocks(sharedText(group)), cache: 'auto' })),
    warnings: [...(leftOut.length > 0 ? [leftOutWarning(leftOut)] : []), ...(fix ? [NOT_PRICED] : [])],
    settings: input,
    expectedOutput: 1500,
    later: [{ model, inputTokens: 1000 * calls.length, maxTokens: 2048, expectedOutput: 500 }],
    keep,
    ...(fix && { fix: fixPlanOf(fix, settings.audit) }),
  }

  function expertCall(expert: Expert, group: number, of: number): DraftCall & { expert: string; shared: number } {
    const call: StoredCall = {
      id: of === 1 ? expert.name : `${expert.name}-${group + 1}`,
      model,
      maxTokens,
      system: toBlocks(expert.system),
      messages: [{ role: 'user', content: expertPrompt(input.question) }],
      output: z.toJSONSchema(ExpertAnswer),
    }
    return { call, shared: group, expert: expert.name }
  }
}

function toInputError(error: unknown): never {
  throw new InputError(error instanceof Error ? error.message : String(error))
}
