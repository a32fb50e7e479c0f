// What needs no team of programmers is not started as one: it is said which command is meant for it.
import { UsageError } from './exit.js'

const BUILDS = /\b(implement|build|create|add|write|make|fix|change|refactor|rewrite|migrate|extend|replace|remove)\b/i
const INSTEAD: [RegExp, string][] = [
  [/^\s*(explain|describe|summari[sz]e|what|why|how|where|who|tell me)\b/i, 'ensemble ask "…"'],
  [/^\s*(please\s+)?(review|audit|inspect)\b/i, 'ensemble run review <paths>'],
]

/** @throws UsageError for a task that asks for an explanation or a review and for nothing to be built */
export function adviseOnCode(task: string): void {
  if (BUILDS.test(task)) return
  const instead = INSTEAD.find(([pattern]) => pattern.test(task))?.[1]
  if (instead !== undefined)
    throw new UsageError(`run code: this asks for nothing to be built; wanted here: ${instead}`)
}
