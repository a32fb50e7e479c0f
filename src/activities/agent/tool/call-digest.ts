// What an approval is bound to: one call's place, its tool and its exact arguments. Made when the call is judged, and
// again just before it runs: anything else is another call.
import type { Root } from '../../../contracts/refs.js'
import { digestOf } from '../../digest.js'

/** `step`: the call's own, which names the tool_use block (`toolStepOf`). `definition`: the tool's hash, as it is now. */
export type CallContent = { root: Root; step: string; tool: string; definition: string | undefined; input: unknown }

export function callDigest({ root, step, tool, definition, input }: CallContent): string {
  return digestOf([root.workflowId, root.firstRunId, step, tool, definition ?? null, input ?? null])
}
