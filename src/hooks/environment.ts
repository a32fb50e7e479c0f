// Hooks are the worker's owner's own programs, but not everything of the worker is theirs: they see the names on this
// list, and a webhook's headers what their references name. Keys of the model server are given to none.
export type Environment = Record<string, string | undefined>

const PASSED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM', 'ENSEMBLE_HOME']
const REFERENCE = /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g

export function allowedEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}

/** Puts `${NAME}` and `${NAME:-default}` in place. @throws Error naming what is not set */
export function expanded(text: string, env: Environment): string {
  return text.replace(REFERENCE, (reference, name: string, fallback?: string) => {
    const value = name.startsWith('ANTHROPIC_') ? undefined : env[name]
    if (value !== undefined && value !== '') return value
    if (fallback !== undefined) return fallback
    throw new Error(`${reference} is not set for hooks in the worker's environment`)
  })
}
