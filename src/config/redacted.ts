// Settings as people are shown them: every value with the place it came from, and nothing that may be a secret. What is
// read from the environment when it is needed is shown as it is written.
import { DEFAULTS } from './defaults.js'
import type { LoadedSettings } from './settings.js'

const SECRET = new Set(['env', 'headers'])
const REFERENCE = /^[^$]{0,20}\$\{\w+(:-)?\}$/
/** Keys of services, as they are commonly written. */
const LOOKS_SECRET = /^(sk|pk|ghp|gho|xox[abp]|AKIA|eyJ)[\w.-]{8,}|(key|token|secret|password)=/i

/** What holds where nothing is set, of keys whose default is not one value. */
const DEPENDING = {
  model: "the agent's own, or that of the kind of run",
  maxTokens: 'that of the kind of run',
  timeoutSeconds: '300, above 16,000 max tokens 900',
}

/** A line for each key: `model = "opus" (ENSEMBLE_MODEL)`. */
export function settingsLines({ settings, sources }: LoadedSettings): string[] {
  const keys = Object.keys({ ...DEPENDING, ...DEFAULTS, ...settings }) as (keyof typeof settings)[]
  return keys.map((key) => {
    if (settings[key] === undefined && key in DEPENDING)
      return `${key}: ${DEPENDING[key as keyof typeof DEPENDING]} (default)`
    const from = sources[key]?.join(', ') ?? 'default'
    return `${key} = ${JSON.stringify(redacted(settings[key], key))} (${from})`
  })
}

function redacted(value: unknown, key: string, secret = false): unknown {
  if (Array.isArray(value)) return value.map((entry) => redacted(entry, key, secret))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, redacted(inner, name, secret || SECRET.has(name))]),
    )
  if (typeof value !== 'string') return value
  if (secret && !REFERENCE.test(value)) return '[hidden]'
  if (key === 'url' && URL.canParse(value)) return withoutCredentials(value)
  return LOOKS_SECRET.test(value) ? '[hidden]' : value
}

function withoutCredentials(given: string): string {
  const url = new URL(given)
  url.username = ''
  url.password = ''
  url.search = url.search && '?[hidden]'
  return decodeURI(url.href)
}
