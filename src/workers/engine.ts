// What the program of the Agent SDK is told by its environment: the model's key and address, and what a machine needs to
// reach it. Nothing else of the worker's own environment.
import type { EngineDeps } from '../activities/engine/deps.js'
import { loadAgentSdk } from '../activities/engine/sdk.js'
import type { Config } from '../config/index.js'

const NEEDED =
  /^(PATH|LANG|LC_\w+|TZ|HTTPS?_PROXY|https?_proxy|NO_PROXY|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/

export function engineOf({ agentSdk, model }: Pick<Config, 'agentSdk' | 'model'>, env: NodeJS.ProcessEnv): EngineDeps {
  const needed = Object.entries(env).filter((entry): entry is [string, string] => NEEDED.test(entry[0]) && !!entry[1])
  return {
    sdk: () => loadAgentSdk(agentSdk),
    environment: {
      ...Object.fromEntries(needed),
      // Without a key only a simulator will answer.
      ANTHROPIC_API_KEY: model.apiKey ?? 'simulator',
      ...(model.baseUrl !== undefined && { ANTHROPIC_BASE_URL: model.baseUrl }),
    },
  }
}
