// What a command of a model sees of the worker's environment: the names on this list and no other, because any variable
// may be a key.
const PASSED = ['PATH', 'LANG', 'LANGUAGE', 'TZ', 'TERM', 'USER', 'LOGNAME', 'SHELL']
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export type Environment = Record<string, string | undefined>

/** `pass`: further names that the worker's owner lets through. */
export function allowedEnvironment(env: Environment, pass: string[] = []): Record<string, string> {
  const names = new Set([...PASSED, ...pass])
  const allowed = Object.entries(env).filter(
    (one): one is [string, string] => one[1] !== undefined && (names.has(one[0]) || one[0].startsWith('LC_')),
  )
  return { PATH: SYSTEM_PATH, ...Object.fromEntries(allowed) }
}
