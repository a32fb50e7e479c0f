// The first activity of a thread: reads and checks its settings, resolves the model, stores what every call is made
// with, and looks up where a fork begins. What it returns is all the workflow knows of them.
import { Context } from '@temporalio/activity'
import type { z } from 'zod'
import { DEFAULT_MODEL, findModel } from '../../agents/models.js'
import type { Chunk, ConversationState } from '../../contracts/conversation.js'
import type { Root } from '../../contracts/refs.js'
import { ThreadInput } from '../../contracts/schemas/index.js'
import type { PrepareThreadRequest, ThreadPlan } from '../../contracts/thread.js'
import { StorageError } from '../../storage/storage-error.js'
import { type PreparedAgent, prepareAgent } from '../agent/definition/stored-agent.js'
import type { ActivityDeps } from '../deps.js'
import { InputError } from '../input-error.js'
import { readableStorageErrors } from '../storage-errors.js'
import { headOf } from '../texts.js'
import type { StoredSettings } from '../thread/settings.js'
import { configured } from './configured.js'
import { toBlocks } from './draft.js'
import { toFailure } from './failure.js'
import { checkMaxTokens, endOf, resolveModel } from './models.js'
import { OWN_FIELDS } from './parallel.js'
import { parseInput } from './parse.js'
import { ratesOf } from './worst.js'

const DEFAULT_MAX_TOKENS = 8192
/** Of a model that is not in our table. */
const CONTEXT_TOKENS = 200_000
/** Of the system text, as people see it. */
const SHOWN_CHARACTERS = 200

export function createPrepareThread(deps: ActivityDeps) {
  return async function prepareThread(request: PrepareThreadRequest): Promise<ThreadPlan> {
    try {
      return await readableStorageErrors(() => planOf(deps, request, Context.current().cancellationSignal))
    } catch (error) {
      throw toFailure(error)
    }
  }
}

async function planOf(
  deps: ActivityDeps,
  { input, self }: PrepareThreadRequest,
  signal: AbortSignal,
): Promise<ThreadPlan> {
  const settings = parseInput(ThreadInput, configured(input, deps.settings))
  for (const name of OWN_FIELDS) {
    if (settings.params && name in settings.params) throw new InputError(`params.${name}: use the thread's own field`)
  }
  if (settings.verify !== undefined && settings.task === undefined)
    throw new InputError('verify: means nothing without a task')
  const agent = await preparedAgent(deps, settings, self)
  const model = await resolveModel(settings.model ?? agent?.model ?? DEFAULT_MODEL, deps.claude, signal)
  const { temperature, params, cacheSystem } = settings
  const maxTokens = settings.maxTokens ?? agent?.maxTokens ?? DEFAULT_MAX_TOKENS
  const system = [
    ...(agent && agent.system !== '' ? toBlocks(agent.system) : []),
    ...(settings.system === undefined ? [] : toBlocks(settings.system)),
  ]
  checkMaxTokens(model, maxTokens, 'thread')
  const contextTokens = findModel(model)?.contextTokens ?? CONTEXT_TOKENS
  const condenseAbove = Math.floor(settings.condenseAt * contextTokens)
  const stored: StoredSettings = {
    model,
    maxTokens,
    contextTokens,
    condenseAbove,
    cacheSystem,
    ...(system.length > 0 && { system }),
    ...(temperature !== undefined && { temperature }),
    ...(params && { params }),
  }
  const text = stored.system?.map((block) => (typeof block.text === 'string' ? block.text : '')).join('\n')
  return {
    root: self,
    server: await deps.claude.server(),
    state: await stateAt(deps, settings.from?.head),
    settings: await deps.store.put(self, JSON.stringify(stored)),
    shown: {
      model,
      maxTokens,
      ...(temperature !== undefined && { temperature }),
      ...(text !== undefined && { system: headOf(text, SHOWN_CHARACTERS) }),
    },
    stream: settings.stream,
    inlineBytes: settings.inlineBytes,
    timeoutSeconds: settings.timeoutSeconds ?? (maxTokens > 16_000 ? 900 : 300),
    maxRetries: settings.maxRetries,
    maxWaitSeconds: settings.maxWaitSeconds,
    condenseAbove,
    ...(agent && { agent: agent.plan }),
    ...(settings.budgetUsd !== undefined && {
      budgetUsd: settings.budgetUsd,
      rates: ratesOf(model),
      fixedBytes: Buffer.byteLength(JSON.stringify([system, agent?.stored.tools ?? []])),
    }),
    warnings: [...endOf(model), ...(agent?.warnings ?? [])],
  }
}

/** Fields that mean nothing without tools: named, not overlooked. */
const OF_AGENTS = [
  ...['workspace', 'permissionMode', 'permissions', 'mcpServers', 'hooks', 'maxSteps', 'engine', 'onUnknown'],
  ...['allowUnsandboxed', 'audit', 'parent', 'agents', 'owns'],
] as const

async function preparedAgent(
  deps: ActivityDeps,
  settings: z.output<typeof ThreadInput>,
  self: Root,
): Promise<PreparedAgent | undefined> {
  // Said here, before anything is asked.
  if (settings.engine === 'agent-sdk') await deps.engine.sdk()
  if (settings.agent !== undefined || settings.tools !== undefined) return prepareAgent(deps, { ...settings, self })
  const idle = OF_AGENTS.find((name) => name in settings && settings[name as keyof typeof settings] !== undefined)
  if (idle !== undefined) throw new InputError(`${idle}: means nothing without an agent: wanted agent or tools, too`)
  return undefined
}

/** A fork begins as the other thread was; its turns go on being counted from there. */
async function stateAt(deps: ActivityDeps, head: string | undefined): Promise<ConversationState> {
  if (head === undefined) return { chained: 0, next: 1, length: 0, contextTokens: 0 }
  const chunk = await deps.requests.json<Partial<Chunk>>(head).catch((error: unknown) => {
    if (error instanceof StorageError && error.kind === 'unreachable') throw error
    const why =
      error instanceof SyntaxError ? 'it holds no JSON' : String(error instanceof Error ? error.message : error)
    throw new InputError(`from.head: wanted the ref of a turn in this worker's store (${why})`)
  })
  const { turn, chained, length, contextTokens, condensed, sent } = chunk
  if (turn === undefined || chained === undefined || length === undefined || !sent)
    throw new InputError(`from.head: ${head} is no turn of a thread`)
  return { head, chained, next: turn + 1, length, contextTokens: contextTokens ?? 0, ...(condensed && { condensed }) }
}
