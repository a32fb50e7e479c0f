// `account`: three agents, whose calls follow from what their tools say. The plan names the agents, where their tools are
// and what all of it may cost at worst; how many steps they take nobody knows yet.
import { type AccountServers, accountAgents, memoryTask, scoutTask } from '../../agents/account.js'
import { DEFAULT_MODEL, findModel } from '../../agents/models.js'
import { priceOf } from '../../agents/prices.js'
import type { AccountAgent, AccountPlan } from '../../contracts/account.js'
import type { Price } from '../../contracts/outcome.js'
import { AccountInput, type ThreadInput } from '../../contracts/schemas/index.js'
import { addUsd, noUsage, type Usd } from '../../contracts/usage.js'
import type { AgentDeps } from '../agent/deps.js'
import type { StoredCall } from '../call/request.js'
import { InputError } from '../input-error.js'
import type { Counts } from './count.js'
import type { Draft } from './draft.js'
import { parseInput } from './parse.js'

/** An answer with 3 to 5 recommendations and their drafts, behind thinking. */
const MAX_TOKENS = 8192
const WORKER_MODEL = 'claude-haiku-5-5'
/** Model calls of one agent, and tokens a step adds to what the next one is sent: expected, and at worst. */
const EXPECTED = { steps: 2, grows: 1500, answer: 1200 }
const WORST = { steps: 4, grows: 6000 }
/** What the others hand over goes into the author's task. */
const BRIEF_TOKENS = 4000

type Parsed = ReturnType<typeof AccountInput.parse>

export async function draftAccount(deps: Pick<AgentDeps, 'settings'>, raw: unknown): Promise<Draft> {
  const input = parseInput(AccountInput, raw)
  refuseWithoutServers(deps, input)
  const servers: AccountServers = { crm: input.crm, memory: input.memory }
  const author = resolved(input.model ?? DEFAULT_MODEL)
  const worker = resolved(input.workerModel ?? WORKER_MODEL)
  const models = { scout: worker, memory: worker, author }
  const maxTokens = input.maxTokens ?? MAX_TOKENS
  const plan = { ...planOf(input, servers, models, maxTokens), audit: deps.settings.audit }
  return {
    title: `account review of ${input.account.slice(0, 80)}`,
    calls: (['scout', 'memory', 'author'] as const).map((agent) => ({ call: firstCall(plan, agent, models[agent]) })),
    shared: [],
    warnings: [],
    settings: input,
    expectedOutput: EXPECTED.answer,
    later: [],
    account: plan,
    price: (counts) => priceOfAgents(counts, models, maxTokens),
  }
}

function planOf(
  input: Parsed,
  servers: AccountServers,
  models: Record<AccountAgent, string>,
  maxTokens: number,
): AccountPlan {
  const { account, approvers, timeoutSeconds, maxRetries, maxWaitSeconds, stream } = input
  const definitions = accountAgents(servers)
  const common = {
    ...{ maxTokens, maxRetries, maxWaitSeconds, stream, inlineBytes: 0 },
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(approvers && { approvers }),
  }
  const on = (name: string) => {
    const server = input.mcpServers?.[name]
    return server ? { mcpServers: { [name]: server } } : {}
  }
  return {
    account,
    ...servers,
    agents: {
      scout: { ...common, ...on(servers.crm), agent: definitions.scout, model: models.scout, task: scoutTask(account) },
      memory: {
        ...{ ...common, ...on(servers.memory) },
        ...{ agent: definitions.memory, model: models.memory, task: memoryTask(account) },
      },
      author: { ...common, agent: definitions.author, model: models.author },
    },
    writer: { ...on(servers.crm), ...(approvers && { approvers }) },
  }
}

function refuseWithoutServers({ settings }: Pick<AgentDeps, 'settings'>, input: Parsed): void {
  const known = Object.keys({ ...settings.mcpServers, ...input.mcpServers })
  for (const name of [input.crm, input.memory]) {
    if (known.includes(name)) continue
    const has = known.length === 0 ? 'none is configured' : `there is ${known.join(', ')}`
    throw new InputError(
      `mcpServers: no server is called "${name}" (${has}); name yours in .mcp.json, or try --demo with the example servers`,
    )
  }
}

/** As the agent's thread makes it: for the count of its tokens. */
function firstCall({ agents }: AccountPlan, id: AccountAgent, model: string): StoredCall {
  const { agent, task, maxTokens = MAX_TOKENS } = agents[id] as ThreadInput
  const { prompt = '', output } = typeof agent === 'object' ? agent : {}
  return {
    ...{ id, model, maxTokens },
    system: [{ type: 'text', text: prompt }],
    messages: [{ role: 'user', content: typeof task === 'string' ? task : id }],
    ...(output && { output }),
  }
}

function priceOfAgents(counts: Counts, models: Record<AccountAgent, string>, maxTokens: number): Price {
  let expectedUsd: Usd = 0
  let worstUsd: Usd = 0
  let inputTokens = 0
  let outputTokens = 0
  for (const [index, agent] of (['scout', 'memory', 'author'] as const).entries()) {
    const own = (counts.items[index] ?? 0) + (agent === 'author' ? BRIEF_TOKENS : 0)
    for (let step = 0; step < WORST.steps; step++) {
      const most = { inputTokens: own + step * (WORST.grows + maxTokens), outputTokens: maxTokens }
      worstUsd = addUsd(worstUsd, priceOf(models[agent], { ...noUsage(), ...most }))
      if (step >= EXPECTED.steps) continue
      const usual = { inputTokens: own + step * EXPECTED.grows, outputTokens: EXPECTED.answer }
      expectedUsd = addUsd(expectedUsd, priceOf(models[agent], { ...noUsage(), ...usual }))
      inputTokens += usual.inputTokens
      outputTokens += usual.outputTokens
    }
  }
  const basis = `${counts.basis}; expected: ${EXPECTED.steps} model calls for each of 3 agents; worst: ${WORST.steps}, answers as long as allowed; retries can add to it`
  return { expectedUsd, worstUsd, inputTokens, outputTokens, basis }
}

const resolved = (model: string) => findModel(model)?.id ?? model
