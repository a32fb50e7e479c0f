// A delegation as it crosses to activities, to the children that work on its parts, and back to people.
import type { ItemResult, ItemStatus, PlannedResult, Price, RunResult } from './outcome.js'
import type { Plan, PlannedItem } from './plan.js'
import type { Ref, Root, Text } from './refs.js'

/** What is left to decide about a task: ask for a plan, hand out its parts, or answer it in one call. */
export type Stage = 'plan' | 'split' | 'alone'

/** A part of an accepted plan. Its request is the item of the plan with the same id. */
export type Part = {
  /** Where it is in the tree: ids from the top, joined by "/". Also its item's id. */
  path: string
  task: Text
  /** The stored assignment: all it is told. */
  assignment: Ref
  /** It is asked for a plan of its own first. */
  splits: boolean
  /** Model calls it may make in all, those of its own parts included. */
  calls: number
  /** Levels of splitting below it. */
  depth: number
  /** Of the run's calls at once, those that are its. */
  concurrency: number
  price: Price
}

/** Of a `delegate` run or part, beside its plan. */
export type Delegation = {
  stage: Stage
  /** Empty at the top. */
  path: string
  task: Text
  assignment: Ref
  calls: number
  depth: number
  /** Plans asked for since the task or a person's note was last given. */
  tries: number
  parts: Part[]
  /** Parts at work at once. */
  atOnce: number
  /** Why it is answered in one call. */
  alone?: string
  /** In a rerun: every answer below is asked for anew. */
  fresh?: boolean
}

/** A plan that belongs to a delegation. */
export type DelegationPlan = Plan & { delegation: Delegation }

/** What a child of type `delegate` is called with. */
export type PartInput = { part: DelegationPlan }

/**
 * Judges what the planner answered, or asks it again with a person's `note`. `used`: planning calls so far;
 * `spentUsd`: what they cost.
 */
export type JudgePlanRequest = {
  plan: DelegationPlan
  used: number
  spentUsd: number | null
  answer?: { output?: unknown; problem?: string }
  note?: string
}

/** `refused`: why the plan that was judged is not used. */
export type JudgedPlan = { plan: DelegationPlan; refused: string[] }

/** How a part ended. `answer`: also of one that was answered in part, or what had arrived of it. */
export type PartEnd = { path: string; status: ItemStatus | 'partial'; answer?: Text; note?: string }

export type GatherPartsRequest = {
  root: Root
  delegation: Delegation
  ends: PartEnd[]
  inlineBytes: number
  /** The integrator's answer, once there is one. */
  integrated?: Text
}

/** The stored request for the integrator. `answer`: the integrator's, or the parts' put together; always names what is missing. */
export type GatheredParts = { page: Ref; item: PlannedItem; answer: Text }

/** The delegation as it went. `note`: why a part has no (whole) answer, or why a task was not split. */
export type TaskTree = {
  id: string
  task: Text
  status: ItemStatus | 'partial'
  answer?: Text
  note?: string
  parts?: TaskTree[]
}

/** `plan`: of a dry run; `answer`: Markdown; `tree`: who worked on what. */
export type DelegateResult = RunResult & { plan?: PlannedResult; answer?: Text; tree?: TaskTree }

export const PLAN_ITEM = 'plan'
export const ANSWER_ITEM = 'answer'
export const INTEGRATE_ITEM = 'integrate'

/** Ids of a task's own calls, and of its parts: unique in the whole tree, and so are their steps in the journal. */
export function under(path: string, id: string): string {
  return path === '' ? id : `${path}/${id}`
}

export function isPlanning({ id }: Pick<ItemResult, 'id'>): boolean {
  return id === PLAN_ITEM || id.endsWith(`/${PLAN_ITEM}`)
}
