// Secrets are named in configurations and live in the worker's environment: they are put in place here, as late as
// possible, and taken out again of whatever a server says. A server sees what it was given and a few harmless names.
import { McpFailure } from './failure.js'

export type Environment = Record<string, string | undefined>

/** What a program needs to run at all; nothing else of the worker's environment reaches a server. */
const ALLOWED = ['PATH', 'HOME', 'LOGNAME', 'USER', 'SHELL', 'TERM', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']
/** A shorter value would be found everywhere. */
const LEAST_SECRET = 6

/** The model server's key never leaves the worker, whoever asks for it. */
const OWN = /^ANTHROPIC_/

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

export type Expanded = {
  text(text: string): string
  record(record: Record<string, string>): Record<string, string>
  /** The values that were put in place, blotted out. */
  redact(text: string): string
}

/** Puts `${NAME}` and `${NAME:-default}` in place. @throws McpFailure `secret` naming the server and the variable. */
export function expanding(server: string, env: Environment): Expanded {
  const used = new Set<string>()
  const text = (given: string) =>
    given.replace(REFERENCE, (reference, name: string, fallback: string | undefined) => {
      if (OWN.test(name)) throw new McpFailure('secret', `MCP server ${server}: ${reference} is not given to servers`)
      const value = env[name]
      if (value === undefined || value === '') {
        if (fallback !== undefined) return fallback
        throw new McpFailure('secret', `MCP server ${server}: ${reference} is not set in the worker's environment`)
      }
      if (value.length >= LEAST_SECRET) used.add(value)
      return value
    })
  return {
    text,
    record: (record) => Object.fromEntries(Object.entries(record).map(([name, value]) => [name, text(value)])),
    redact: (said) => [...used].reduce((left, secret) => left.replaceAll(secret, '***'), said),
  }
}

export function allowedEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(ALLOWED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}
