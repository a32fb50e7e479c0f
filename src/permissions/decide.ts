// What may be done with a tool: pure, from the mode, the lists and the exact use. Deny wins over everything, then ask,
// then allow; the mode decides the rest. Of several sets, an agent's own and those of the agents above it, the strictest
// counts, so no child may do what its parent may not.
import type { Expiry, PermissionMode } from '../contracts/agent.js'
import type { PermissionRules } from '../contracts/schemas/agent.js'
import { allows, denies, type Use } from './match.js'
import { parseRule } from './rule.js'

export type Asked = Use & {
  mode: PermissionMode
  /** One or more sets; all of them must agree. */
  rules: PermissionRules[]
  /** Whether all paths are in the workspace; undefined: it is not about paths. */
  inside: boolean | undefined
}

/** `handler`: a function is asked; `otherwise` is what the mode says. */
export type Decision =
  | { kind: 'run'; by: string }
  | { kind: 'ask'; by: string }
  | { kind: 'refuse'; by: string; reason: string }
  | { kind: 'handler'; by: string; handler: string; otherwise: Decision }

export function decide({ rules, ...asked }: Asked): Decision {
  return strictest((rules.length > 0 ? rules : [NO_RULES]).map((set) => decideBy(set, asked)))
}

const NO_RULES: PermissionRules = { allow: [], deny: [], ask: [], expiry: [] }

/** The first of the strictest. */
export function strictest(decisions: Decision[]): Decision {
  const rank = (decision: Decision) => ORDER.indexOf(decision.kind)
  const [first, ...rest] = decisions
  if (!first) throw new Error('no decision to choose from')
  return rest.reduce((worst, one) => (rank(one) > rank(worst) ? one : worst), first)
}

/** A handler may still allow what is asked about. */
const ORDER: Decision['kind'][] = ['run', 'handler', 'ask', 'refuse']

function decideBy(rules: PermissionRules, asked: Omit<Asked, 'rules'>): Decision {
  const { mode, tool } = asked
  for (const text of rules.deny) {
    const denied = denies(parseRule(text), asked)
    const by = `deny ${text}`
    if (denied === 'yes') return { kind: 'refuse', by, reason: `${by}: not permitted` }
    if (denied === 'maybe')
      return { kind: 'refuse', by, reason: `${by}: this might do what is denied; say it in a way that surely does not` }
  }
  if (mode === 'plan' && (tool.permission !== 'read' || asked.inside === false))
    return { kind: 'refuse', by: 'mode plan', reason: 'plan mode: nothing but reads inside the workspace is permitted' }
  const ask = rules.ask.find((text) => denies(parseRule(text), asked) !== 'no')
  if (ask !== undefined) return { kind: 'ask', by: `ask ${ask}` }
  const allow = rules.allow.find((text) => allows(parseRule(text), asked))
  if (allow !== undefined) return { kind: 'run', by: `allow ${allow}` }
  const otherwise = byMode(asked)
  const { handler } = rules
  return handler === undefined ? otherwise : { kind: 'handler', by: `handler ${handler}`, handler, otherwise }
}

function byMode({ mode, tool, inside }: Omit<Asked, 'rules'>): Decision {
  const by = `mode ${mode}: ${tool.permission}${inside === false ? ' outside the workspace' : ''}`
  const reads = tool.permission === 'read' && inside !== false
  const edits = tool.permission === 'edit' && inside === true
  switch (mode) {
    case 'bypassPermissions':
      return { kind: 'run', by }
    case 'acceptEdits':
      return { kind: reads || edits ? 'run' : 'ask', by }
    case 'default':
    case 'plan':
      return { kind: reads ? 'run' : 'ask', by }
    default:
      return mode satisfies never
  }
}

/** What happens when nobody answers: the first that fits, of the first set that says anything. */
export function expiryOf(rules: PermissionRules[], use: Use): Expiry | undefined {
  const found = rules.flatMap(({ expiry }) => expiry).find(({ tool }) => denies(parseRule(tool), use) !== 'no')
  if (!found) return undefined
  const { seconds, onExpiry, to } = found
  return { seconds, onExpiry, ...(to && { to }) }
}
