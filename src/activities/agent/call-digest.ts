// What an approval is bound to: one call's place, its tool and its exact arguments. Made when the call is judged, and
// again just before it runs: anything else is another call.
import { toolStepOf } from '../../contracts/agent.js'
import type { Root } from '../../contracts/refs.js'
import { digestOf } from '../digest.js'

export type CallPlace = {
  root: Root
  /** Of the model call that asked for it. */
  step: string
  /** Of the tool_use block. */
  id: string
}

export function callDigest({ root, step, id }: CallPlace, tool: string, input: unknown): string {
  return digestAt(root, toolStepOf(step, id), tool, input)
}

/** @param toolStep the call's own step: `toolStepOf` */
export function digestAt({ workflowId, firstRunId }: Root, toolStep: string, tool: string, input: unknown): string {
  return digestOf([workflowId, firstRunId, toolStep, tool, input ?? null])
}
