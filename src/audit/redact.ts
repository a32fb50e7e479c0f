// A secret that a tool prints, an error quotes or a person types into a reason must not be kept anywhere. What is a
// secret is known from the worker's environment (by the variable's name, or because a configuration refers to it) or
// seen by its shape; in its place stands a short hash, so that two places can be told to have held the same one.
import { createHash } from 'node:crypto'

/** Replaces what must not be kept; text without any is returned as it is. */
export type Redact = (text: string) => string

/** What a worker knows of its secrets. `names`: variables that are secret whatever they are called. */
export type Secrets = { redact(names?: string[]): Redact }

/** @param values secrets known otherwise: a key read from a file */
export function secretsOf(env: Record<string, string | undefined>, values: string[] = []): Secrets {
  const made = new Map<string, Redact>()
  return {
    redact(names = []) {
      const key = JSON.stringify([...new Set(names)].sort())
      const known = made.get(key) ?? redactor(env, values, names)
      made.set(key, known)
      return known
    },
  }
}

/** Shorter values would be found everywhere. */
const MIN_CHARACTERS = 8
const SECRET_NAME = /(^|_)(api_?key|key|token|secret|password|passwd|pwd|credentials?|auth)$/i
/** A variable that only says where the secret is. */
const NO_SECRET = /^(\/|\.{1,2}\/|true$|false$|\d+$)/i

const SHAPES = [
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\b(?:ghp|gho|ghu|ghs|ghr|glpat|xox[abprs]|npm)[_-][A-Za-z0-9_-]{16,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /(?<=\bbearer\s+)[A-Za-z0-9._~+/-]{16,}=*/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
]

function redactor(env: Record<string, string | undefined>, values: string[], names: string[]): Redact {
  const referred = new Set(names)
  const fromEnv = Object.entries(env).flatMap(([name, value = '']) => {
    const isSecret = referred.has(name) || (SECRET_NAME.test(name) && !NO_SECRET.test(value))
    return isSecret ? [value] : []
  })
  const secrets = new Map<string, string>()
  for (const value of [...fromEnv, ...values].map((value) => value.trim())) {
    if (value.length >= MIN_CHARACTERS) for (const form of formsOf(value)) secrets.set(form, replacement(value))
  }
  // The longest first: one may be the beginning of another.
  const forms = [...secrets.keys()].sort((a, b) => b.length - a.length)
  const known = forms.length > 0 ? new RegExp(forms.map(literally).join('|'), 'g') : undefined
  return (text) => {
    const kept = known ? text.replace(known, (form) => secrets.get(form) ?? replacement(form)) : text
    return SHAPES.reduce((rest, shape) => rest.replace(shape, replacement), kept)
  }
}

/** Names that a configuration refers to: "${NAME}", "${NAME:-default}". */
export function referredNames(configuration: string): string[] {
  return Array.from(configuration.matchAll(/\$\{([A-Za-z_]\w*)(?::-[^}]*)?\}/g), ([, name = '']) => name)
}

/** As it may be written: in JSON, in an address, as base64 (without its last characters, which depend on what follows). */
function formsOf(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -1)
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), base64]
}

function replacement(secret: string): string {
  return `[redacted sha256:${createHash('sha256').update(secret).digest('hex').slice(0, 12)}]`
}

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
