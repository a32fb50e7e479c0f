// The environment of the processes started here. Keys go to the worker alone, and a server of ours takes nothing from
// variables that were meant for another server.

type Environment = Record<string, string | undefined>

export function without(env: Environment, ...prefixes: string[]): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !prefixes.some((prefix) => name.startsWith(prefix))))
}
