// An agent's own permissions, put together from what its definition says and what the run adds, and checked: a rule that
// means nothing is refused now, because later it would silently not hold.
import type { PermissionMode } from '../../../contracts/agent.js'
import { nearNames } from '../../../contracts/nearest.js'
import { PermissionRules } from '../../../contracts/schemas/agent.js'
import { isAbout, parseRule, whyNoRule } from '../../../permissions/rule.js'
import { InputError } from '../../input-error.js'
import type { JudgeDeps } from '../deps.js'
import { AGENT_TOOL } from './agent-tool.js'
import { didYouMean } from './did-you-mean.js'

/** `agent`: whose it is, for the audit. */
export type PermissionSet = { agent: string; mode: PermissionMode; rules: PermissionRules }

const LISTS = ['allow', 'deny', 'ask'] as const

/** The later ones add to the earlier; their handler and their expiry come first. */
export function joinRules(...all: (PermissionRules | undefined)[]): PermissionRules {
  const given = all.filter((rules) => rules !== undefined)
  const handler = given.findLast((rules) => rules.handler !== undefined)?.handler
  const list = (name: (typeof LISTS)[number]) => Array.from(new Set(given.flatMap((rules) => rules[name])))
  return PermissionRules.parse({
    allow: list('allow'),
    deny: list('deny'),
    ask: list('ask'),
    ...(handler !== undefined && { handler }),
    expiry: given.toReversed().flatMap(({ expiry }) => expiry),
  })
}

/** @throws InputError for what is no rule, and for a handler nobody has */
export function checkRules({ permissionHandlers }: JudgeDeps, { allow, deny, ask, expiry, handler }: PermissionRules) {
  const lists = { allow, deny, ask, 'expiry.tool': expiry.map(({ tool }) => tool) }
  for (const [name, patterns] of Object.entries(lists)) {
    for (const pattern of patterns) checkRule(pattern, name)
  }
  const agents = ask.find((pattern) => parseRule(pattern).tool === AGENT_TOOL)
  if (agents !== undefined)
    throw new InputError(
      `permissions.ask: ${JSON.stringify(agents)}: nobody is asked about an agent being started, only about what it does; wanted it in deny, or rules about its tools`,
    )
  if (handler !== undefined && !Object.hasOwn(permissionHandlers, handler))
    throw new InputError(
      `permissions.handler: this worker has no function ${JSON.stringify(handler)}; ${didYouMean(handler, Object.keys(permissionHandlers))}`,
    )
}

function checkRule(pattern: string, list: string): void {
  const wrong = whyNoRule(pattern)
  if (wrong !== undefined) throw new InputError(`permissions.${list}: ${wrong}`)
}

/** Rules about no tool of the agent may be misspelt. */
export function idleRules({ allow, deny, ask }: PermissionRules, known: string[]): string[] {
  const idle = [...new Set([...deny, ...ask, ...allow])].filter((text) => {
    const rule = parseRule(text)
    return !rule.tool.includes('*') && !known.some((tool) => isAbout(rule, tool))
  })
  return idle.map((text) => {
    const near = nearNames(parseRule(text).tool, known)
    return `permissions: ${JSON.stringify(text)} is about no tool there is${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''}`
  })
}
