// What all activities of a worker work with.
import type { AgentDeps } from './agent/deps.js'
import type { EngineDeps } from './engine/deps.js'

export type ActivityDeps = AgentDeps & { engine: EngineDeps }
