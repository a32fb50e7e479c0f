// All activities of a worker, made from what they work with. Workflows know them by these names and types only.

import { createBriefAuthor } from './account/brief-author.js'
import { createCheckAgent } from './account/check-agent.js'
import { createFinishAccount } from './account/finish-account.js'
import { createGatherAccount } from './account/gather-account.js'
import { createJudgeCalls } from './agent/judge/judge.js'
import { createRunTool } from './agent/tool/run-tool.js'
import { createAppendAudit } from './audit/append-audit.js'
import { beating } from './beating.js'
import { createCallClaude } from './call/call-claude.js'
import { createSpentOn } from './call/spent-on.js'
import { createBriefPlanner } from './code/brief-planner.js'
import { createClearWork } from './code/clear-work.js'
import { createCollectWork } from './code/collect-work.js'
import { createCombineWork } from './code/combine-work.js'
import { createCommitWork } from './code/commit-work.js'
import { createFinishCode } from './code/finish-code.js'
import { createJudgeCodePlan } from './code/judge-plan.js'
import { createOfferWork } from './code/offer-work.js'
import { createOpenWorktree } from './code/open-worktree.js'
import { createTestWork } from './code/test-work.js'
import { createUndoCode } from './code/undo-code.js'
import { createGatherParts } from './delegate/gather-parts.js'
import { createJudgePlan } from './delegate/judge-plan.js'
import type { ActivityDeps } from './deps.js'
import { digestOf } from './digest.js'
import { createAnswer } from './documents/answer-activity.js'
import { createGather } from './documents/gather.js'
import { createRunEngine } from './engine/run-engine.js'
import { createBeginFix } from './fix/begin-fix.js'
import { createEndFix } from './fix/end-fix.js'
import { createOfferFixes } from './fix/offer-fixes.js'
import { createUndoFix } from './fix/undo-fix.js'
import { createRunHooks } from './hooks/run-hooks.js'
import { createKeepOutcomes, createRecallOutcomes } from './outcomes.js'
import { createPrepare } from './prepare/prepare.js'
import { createPrepareThread } from './prepare/thread.js'
import { createConsolidate } from './review/consolidate.js'
import { createReport } from './review/report-activity.js'
import { createAnswerTurn } from './thread/answer-turn.js'
import { createCondense } from './thread/condense.js'
import { createKeepTurn } from './thread/keep-turn.js'

export function createActivities(deps: ActivityDeps) {
  return {
    prepare: beating(createPrepare(deps)),
    callClaude: createCallClaude(deps),
    spentOn: createSpentOn(deps),
    keepOutcomes: createKeepOutcomes(deps),
    recallOutcomes: createRecallOutcomes(deps),
    digest: async (value: unknown) => digestOf(value),
    consolidate: createConsolidate(deps),
    report: createReport(deps),
    gather: createGather(deps),
    answer: createAnswer(deps),
    prepareThread: beating(createPrepareThread(deps)),
    answerTurn: createAnswerTurn(deps),
    keepTurn: createKeepTurn(deps),
    condense: createCondense(deps),
    judgePlan: createJudgePlan(deps),
    gatherParts: createGatherParts(deps),
    judgeCalls: beating(createJudgeCalls(deps)),
    offerFixes: beating(createOfferFixes(deps)),
    beginFix: beating(createBeginFix(deps)),
    endFix: beating(createEndFix(deps)),
    undoFix: beating(createUndoFix(deps)),
    runEngine: createRunEngine(deps),
    runTool: createRunTool(deps),
    runHooks: createRunHooks(deps),
    checkAgent: createCheckAgent(deps),
    briefAuthor: createBriefAuthor(deps),
    gatherAccount: createGatherAccount(deps),
    finishAccount: createFinishAccount(deps),
    briefPlanner: beating(createBriefPlanner(deps)),
    judgeCodePlan: beating(createJudgeCodePlan(deps)),
    openWorktree: beating(createOpenWorktree(deps)),
    collectWork: beating(createCollectWork(deps)),
    combineWork: beating(createCombineWork(deps)),
    testWork: beating(createTestWork(deps)),
    offerWork: beating(createOfferWork(deps)),
    commitWork: beating(createCommitWork(deps)),
    undoCode: beating(createUndoCode(deps)),
    finishCode: beating(createFinishCode(deps)),
    clearWork: beating(createClearWork(deps)),
    appendAudit: createAppendAudit(deps),
  }
}

export type Activities = ReturnType<typeof createActivities>
