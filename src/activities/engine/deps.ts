// What the engine works with: the package, and what its program is told by its environment.
import type { AgentSdk } from './sdk.js'

export type EngineDeps = {
  /** Throws InputError where the package is not installed. */
  sdk(): Promise<AgentSdk>
  /** The whole environment of its program besides what each turn adds: the key, the base URL, PATH. */
  environment: Record<string, string>
}
