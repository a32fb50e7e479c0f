// What an approval is bound to: one call's place, its tool and its exact arguments. Made when the call is judged, and
// again just before it runs: anything else is another call.
import type { Root } from '../../contracts/refs.js'
import { digestOf } from '../digest.js'

/** `step`: the call's own, which names the tool_use block (`toolStepOf`). */
export function callDigest({ root, step, tool, input }: CallContent): string {
  return digestOf([root.workflowId, root.firstRunId, step, tool, input ?? null])
}

export type CallContent = { root: Root; step: string; tool: string; input: unknown }
