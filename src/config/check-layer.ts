// Checks what one place says. All that is wrong with it is told at once: where, what was got, what is wanted; never a
// value that may be a secret.
import type { z } from 'zod'
import { nearNames } from '../contracts/nearest.js'
import { ConfigError } from './config-error.js'
import type { Layer } from './settings.js'
import { SettingsFile } from './settings-schema.js'

/** Under these keys any text may be a secret. */
const SECRET = new Set(['env', 'headers'])

/** @throws ConfigError */
export function checkLayer({ place, given }: Layer): SettingsFile {
  const parsed = SettingsFile.safeParse(given)
  if (parsed.success) return parsed.data
  throw new ConfigError(parsed.error.issues.flatMap((issue) => said(issue, { place, given })).join('; '))
}

function said(issue: z.core.$ZodIssue, layer: Layer, above: PropertyKey[] = []): string[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const [best = []] = [...issue.errors].sort((a, b) => misfit(a) - misfit(b))
    return best.flatMap((inner) => said(inner, layer, path))
  }
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, path, layer))
  return [`${at(layer, path)}got ${shown(layer.given, path)}; ${wanted(issue)}`]
}

/** How far a value is from one member of a union: a wrong kind weighs more than a wrong field. */
function misfit(issues: z.core.$ZodIssue[]): number {
  return issues.reduce((sum, { code, path }) => sum + (code === 'invalid_value' || path.length === 0 ? 10 : 1), 0)
}

function unknownKey(key: string, path: PropertyKey[], layer: Layer): string {
  const known = path.length === 0 ? Object.keys(SettingsFile.shape) : knownIn(path)
  const [meant] = nearNames(key, known)
  const instead = meant
    ? `did you mean ${meant}?`
    : known.length > 0
      ? `wanted one of ${known.join(', ')}`
      : 'not wanted'
  return `${at(layer, path)}got the unknown key ${JSON.stringify(key)}; ${instead}`
}

/** Keys of the settings that are objects of fixed keys themselves. */
function knownIn([first, ...more]: PropertyKey[]): string[] {
  if (more.length > 0) return []
  const { sandbox, webFetch, permissions } = SettingsFile.shape
  const shapes = { sandbox, webFetch, permissions }
  const inner = Object.entries(shapes)
    .find(([name]) => name === first)?.[1]
    .unwrap()
  return inner ? Object.keys(inner.shape) : []
}

/** A variable names its key itself. */
function at({ place }: Layer, path: PropertyKey[]): string {
  return path.length === 0 || place.startsWith('ENSEMBLE_') ? `${place}: ` : `${place}: ${path.map(String).join('.')}: `
}

function shown(given: unknown, path: PropertyKey[]): string {
  if (path.some((key) => SECRET.has(String(key)))) return 'something else'
  const value = path.reduce<unknown>((from, key) => (from as Record<PropertyKey, unknown> | undefined)?.[key], given)
  const json = JSON.stringify(value) ?? 'nothing'
  return json.length > 80 ? `${json.slice(0, 80)}…` : json
}

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `wanted ${issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`}`
    case 'invalid_value':
      return `wanted ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => String(value)).join(', ')}`
    case 'too_small':
      return `wanted at least ${issue.minimum}${sized(issue.origin)}`
    case 'too_big':
      return `wanted at most ${issue.maximum}${sized(issue.origin)}`
    case 'invalid_format':
      return issue.format === 'url' ? 'wanted a URL' : wantedIn(issue.message)
    default:
      return wantedIn(issue.message)
  }
}

const sized = (origin: string) => (origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '')
const wantedIn = (message: string) => (message.startsWith('wanted') ? message : `wanted: ${message}`)
