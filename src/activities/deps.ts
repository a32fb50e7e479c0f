// What all activities of a worker work with.
import type { AgentDeps } from './agent/deps.js'
import type { EngineDeps } from './engine/deps.js'

/** `hostQueue`: the task queue of this machine alone, where it has one. */
export type ActivityDeps = AgentDeps & { engine: EngineDeps; hostQueue?: string }
