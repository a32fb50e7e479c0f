// What all activities of a worker work with.
import type { AgentDeps } from './agent/deps.js'
import type { EngineDeps } from './engine/deps.js'

/** `home`: the data directory, absolute. `hostQueue`: the task queue of this machine alone, where it has one. */
export type ActivityDeps = AgentDeps & { engine: EngineDeps; home: string; hostQueue?: string }
