// What becomes of a plan, whoever made it: agents with names and prices and a digest that binds all of it, or the reasons
// why it cannot be worked by.
import { findModel } from '../../agents/models.js'
import type {
  CodeAgent,
  CodePlan,
  CodeRunPlan,
  CodeStage,
  JudgeCodePlanRequest,
  JudgedCodePlan,
} from '../../contracts/code.js'
import { PLANNER_ITEM } from '../../contracts/code.js'
import { isTextRef } from '../../contracts/refs.js'
import type { OwnPlan } from '../../contracts/schemas/code.js'
import { CodePlanAnswer, explain, MAX_CODE_AGENTS } from '../../contracts/schemas/index.js'
import type { Usd } from '../../contracts/usage.js'
import type { CallDeps } from '../call/deps.js'
import { digestOf } from '../digest.js'
import { overBudget } from '../prepare/worst.js'
import { readableStorageErrors } from '../storage-errors.js'
import { type CodeKeep, keptCode } from './keep.js'
import { adviceOn, outlineOf } from './outline.js'
import { oneLine } from './plain-text.js'
import { faultsOfPlan } from './plan-rules.js'
import { estimateOf, priceOfCode } from './price.js'
import { ACCEPTED } from './record.js'

export function createJudgeCodePlan({ store }: CallDeps) {
  return async function judgeCodePlan({ plan, answer, spentUsd }: JudgeCodePlanRequest): Promise<JudgedCodePlan> {
    return readableStorageErrors(async () => {
      const keep = await keptCode(store, plan.code.keep)
      const read = keep.plan ?? (await readAnswer(answer))
      if ('refused' in read) return read
      const faults = faultsOfPlan(read, MAX_CODE_AGENTS)
      if (faults.length > 0) return { refused: faults.join('; ') }
      const accepted = await acceptedPlan(plan, keep, planOf(read, keep), spentUsd)
      await store.note(plan.root, ACCEPTED, accepted)
      return { plan: accepted }
    })
  }

  async function readAnswer(answer: unknown): Promise<OwnPlan | { refused: string }> {
    const given = isTextRef(answer) ? (JSON.parse(await store.text(answer.ref)) as unknown) : answer
    const parsed = CodePlanAnswer.safeParse(given)
    return parsed.success ? parsed.data : { refused: explain(parsed.error, given) }
  }

  async function acceptedPlan(plan: CodeRunPlan, keep: CodeKeep, made: CodePlan, spentUsd: Usd): Promise<CodeRunPlan> {
    const { root, code, server, budgetUsd, concurrency, maxRetries, maxWaitSeconds } = plan
    const agents = made.stages.flatMap((stage) => stage.agents)
    const price = priceOfCode(agents, spentUsd)
    const outdated = overBudget(plan.price, budgetUsd)
    const ref = await store.put(root, JSON.stringify(made))
    const stages = made.stages.map(({ title, mode, agents: own }) => ({
      ...{ title, mode, agents: own.map(({ id, model }) => ({ id, model })) },
    }))
    const planner = code.planner ? [{ id: PLANNER_ITEM, model: keep.options.model, page: 0, index: 0 }] : []
    return {
      ...plan,
      title: titleOf(made, keep),
      items: [...planner, ...agents.map(({ id, model }) => ({ id, model, page: 0, index: 0 }))],
      price,
      warnings: [...plan.warnings.filter((one) => !outdated.includes(one)), ...overBudget(price, budgetUsd)],
      outline: [...outlineOf(made, keep), ...adviceOn(made)],
      // All that will be done: by whom, to which repository, how its work is tested.
      digest: digestOf(['code', server, ref, code.keep, price, concurrency, maxRetries, maxWaitSeconds, budgetUsd]),
      code: { ...code, work: { plan: ref, stages } },
    }
  }
}

function titleOf({ stages }: CodePlan, { repository }: CodeKeep): string {
  const agents = stages.flatMap((stage) => stage.agents)
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
  const files = new Set(agents.flatMap((agent) => agent.files)).size
  const branch = repository.branch.replace(/^refs\/heads\//, '')
  return `${many(agents.length, 'agent')} in ${many(stages.length, 'stage')} on ${many(files, 'file')}, commits to ${branch}`
}

function planOf({ summary, stages }: OwnPlan, { options }: CodeKeep): CodePlan {
  let number = 0
  return {
    summary,
    stages: stages.map(
      ({ title, mode, agents }, index): CodeStage => ({
        ...{ title: title.trim() === '' ? `Stage ${index + 1}` : oneLine(title, 80), mode },
        agents: agents.map(({ what, task, files, criteria, model, tokens, minutes }): CodeAgent => {
          const id = modelOf(model ?? options.workerModel)
          const sized = { files, tokens: Math.max(0, tokens), model: id }
          number++
          return {
            ...{ id: nameOf(options.naming, id, number), what: oneLine(what?.trim() || task, 60), task, criteria },
            ...{ ...sized, minutes: Math.max(0, minutes), usd: estimateOf(sized).usd },
          }
        }),
      }),
    ),
  }
}

const modelOf = (model: string) => findModel(model)?.id ?? model

/** "claude-haiku-5-5" is Haiku. */
function nameOf(naming: string, model: string, number: number): string {
  const family = /^claude-([a-z]+)/.exec(model)?.[1] ?? 'agent'
  const name = `${family[0]?.toUpperCase()}${family.slice(1)}`
  return naming.replaceAll('{model}', name).replaceAll('{n}', `${number}`)
}
