// What can go wrong with a server of tools, as data: a person configuring it and a model using it both need to know which
// server it was, what happened, and whether a call may have had its effect nevertheless.
import type { OutcomeUnknown } from '../tools/tool.js'

/**
 * `missing`: it cannot be started or reached. `secret`: the worker's environment lacks what its configuration refers to.
 * `died`, `timedOut`: in the middle. `flood`, `nonsense`: it sends too much, or no MCP. `refused`: it answered with an error.
 */
export type McpFailureKind = 'missing' | 'secret' | 'died' | 'timedOut' | 'flood' | 'nonsense' | 'refused' | 'clash'

export class McpFailure extends Error {
  override readonly name = 'McpFailure'
  readonly kind: McpFailureKind
  /** The request had been sent: what it asked for may have been done. */
  readonly mayHaveHappened: boolean

  constructor(kind: McpFailureKind, message: string, mayHaveHappened = false) {
    super(message)
    this.kind = kind
    this.mayHaveHappened = mayHaveHappened
  }
}

/** Of a call that nobody vouches for: it may have had its effect. Known by its name to whoever runs tools. */
export class OutcomeUnknownFailure extends Error {
  override readonly name: OutcomeUnknown['name'] = 'OutcomeUnknown'
}
