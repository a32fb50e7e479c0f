// What the activities of a coding run need to know, kept beside its plan: the repository as it was found, and how people
// want the work to be done. And where its working trees and its refs are.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { CodePlan } from '../../contracts/code.js'
import type { Ref, Root } from '../../contracts/refs.js'
import type { OwnPlan } from '../../contracts/schemas/code.js'
import type { CodeInput } from '../../contracts/schemas/index.js'
import type { Identity } from '../../git/code/work.js'
import type { Store } from '../../storage/store.js'

export type CodeOptions = Pick<
  CodeInput,
  | 'permissions'
  | 'maxSteps'
  | 'engine'
  | 'approvers'
  | 'onUnknown'
  | 'allowUnsandboxed'
  | 'audit'
  | 'timeoutSeconds'
  | 'maxRetries'
  | 'maxWaitSeconds'
> & { naming: string; hooks: boolean; keep: boolean; maxTokens: number; model: string; workerModel: string }

/** `branch`: refs/heads/…; `commit`: hash. */
export type CodeRepository = { top: string; branch: string; commit: string }

export type CodeKeep = {
  request: string
  repository: CodeRepository
  identity: Identity
  /** Tracked files, as far as a planner is shown them; `more`: how many it is not. */
  files: string[]
  more: number
  test?: string
  options: CodeOptions
  /** A person's. */
  plan?: OwnPlan
  /** An earlier run's plan, report and commits. */
  after?: string
}

export async function keptCode(store: Store, keep: Ref): Promise<CodeKeep> {
  return JSON.parse(await store.text(keep)) as CodeKeep
}

export async function keptPlan(store: Store, plan: Ref): Promise<CodePlan> {
  return JSON.parse(await store.text(plan)) as CodePlan
}

export function agentOf({ stages }: CodePlan, id: string): CodePlan['stages'][number]['agents'][number] {
  const found = stages.flatMap(({ agents }) => agents).find((agent) => agent.id === id)
  if (!found) throw new Error(`the plan has no agent ${id}`)
  return found
}

/** A working tree of its own for each time an agent works. */
export async function placeOf(
  store: Store,
  { root, run }: { root: Root; run: Root },
  agent: string,
  attempt: number,
): Promise<string> {
  return join(await store.place(root, 'code'), `${slug(agent)}-${short(run.firstRunId)}-${attempt}`)
}

/** Hidden: below neither branches nor tags, so nothing lists it and nothing pushes it. */
export const refsOf = (root: Root) => `refs/ensemble/${slug(root.workflowId)}-${short(root.firstRunId)}`
export const refOf = (root: Root, name: string) => `${refsOf(root)}/${slug(name)}`

/** Any name as a part of a path and of a ref; two names never become one. */
function slug(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9-]+/g, '-').replace(/^-+|-+$/g, '')
  return plain === name ? plain : `${plain.slice(0, 60)}-${short(name)}`
}

const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 10)
