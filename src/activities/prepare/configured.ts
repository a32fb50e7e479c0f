// What an input leaves open is filled in from the worker's settings, before it is checked: so the plan shows it, and
// later changes of the settings do not reach a run that is under way.
import type { Settings } from '../../config/index.js'

const FIELDS = ['model', 'maxTokens', 'timeoutSeconds', 'maxRetries'] as const

/** An agent brings a model and a length of its own: they are looked up where it is. */
const OF_AGENTS: readonly string[] = ['model', 'maxTokens']

export function configured(input: unknown, settings: Pick<Settings, (typeof FIELDS)[number]>): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input
  const left = 'agent' in input ? FIELDS.filter((field) => !OF_AGENTS.includes(field)) : FIELDS
  const set = left.flatMap((field) => (settings[field] === undefined ? [] : [[field, settings[field]] as const]))
  return { ...Object.fromEntries(set), ...input }
}
