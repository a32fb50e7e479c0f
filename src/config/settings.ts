// Settings come from files, then the environment (where a command's flags end up, too): the later wins, key by key, but
// lists of permissions and hooks add up, because a project must not be able to drop what its user denies. zod is loaded
// only when something was set.
import { DEFAULTS, type Settings } from './defaults.js'
import { fromEnvironment } from './settings-environment.js'
import { settingsFiles } from './settings-files.js'
import type { SettingsFile } from './settings-schema.js'
import type { Environment } from './variables.js'

/** One place where something was set, as it was found. */
export type Layer = { place: string; given: unknown }

/** `sources`: of every key that was set, where it came from; the rest is as it is by default. */
export type LoadedSettings = { settings: Settings; sources: Record<string, string[]> }

/** @throws ConfigError naming the place and the key */
export async function loadSettings(
  env: Environment = process.env,
  cwd: string = process.cwd(),
): Promise<LoadedSettings> {
  const layers = [...settingsFiles(env, cwd), ...fromEnvironment(env)]
  if (layers.length === 0) return { settings: DEFAULTS, sources: {} }
  const { checkLayer } = await import('./check-layer.js')
  const sources: LoadedSettings['sources'] = {}
  const settings = layers.reduce<Settings>((below, layer) => {
    const set = checkLayer(layer)
    for (const key of Object.keys(set)) {
      sources[key] = adds(key) ? [...(sources[key] ?? []), layer.place] : [layer.place]
    }
    return over(below, set)
  }, DEFAULTS)
  return { settings, sources }
}

const adds = (key: string) => ['mcpServers', 'hooks', 'permissions', 'sandbox', 'webFetch'].includes(key)

function over(
  below: Settings,
  { $schema: _, sandbox, webFetch, mcpServers, hooks, permissions, ...plain }: SettingsFile,
) {
  return {
    ...below,
    ...plain,
    sandbox: { ...below.sandbox, ...sandbox },
    webFetch: { ...below.webFetch, ...webFetch },
    mcpServers: { ...below.mcpServers, ...mcpServers },
    hooks: bothHooks(below.hooks, hooks ?? {}),
    permissions: permissions ? bothRules(below.permissions, permissions) : below.permissions,
  }
}

function bothHooks(below: Settings['hooks'], above: Settings['hooks']): Settings['hooks'] {
  const events = new Set([...Object.keys(below), ...Object.keys(above)] as (keyof Settings['hooks'])[])
  return Object.fromEntries([...events].map((event) => [event, [...(below[event] ?? []), ...(above[event] ?? [])]]))
}

function bothRules(below: Settings['permissions'], above: Settings['permissions']): Settings['permissions'] {
  const handler = above.handler ?? below.handler
  return {
    allow: [...below.allow, ...above.allow],
    deny: [...below.deny, ...above.deny],
    ask: [...below.ask, ...above.ask],
    // The first that fits is used.
    expiry: [...above.expiry, ...below.expiry],
    ...(handler !== undefined && { handler }),
  }
}
