// A conversation inside a person's own workflow: no workflow of its own, so it costs an activity a turn and ends with the
// code that holds it. What a thread promises holds: history cached as it grows, a partial answer kept, a full context
// condensed.
import { CancellationScope, condition } from '@temporalio/workflow'
import type { ContentBlock } from '../../contracts/conversation.js'
import type { ItemResult } from '../../contracts/outcome.js'
import type { ThreadInput } from '../../contracts/schemas/index.js'
import type { ThreadPlan } from '../../contracts/thread.js'
import { addUsage, addUsd } from '../../contracts/usage.js'
import { agentTurn } from '../patterns/agent/tool-loop.js'
import { skipped } from '../patterns/calls/call.js'
import { wasInterrupted } from '../patterns/run/interruption.js'
import { changed, endItem, type Run } from '../patterns/run/run.js'
import { type Conversation, clearConversation, openConversation, takeTurn } from '../patterns/thread/conversation.js'
import { readMessage } from '../patterns/thread/messages.js'
import { preparedSettings } from '../patterns/thread/start.js'
import { addToPlan, factsOf, INLINE_BYTES } from './fan-out.js'
import { numberedName, ownRun, refusal, uniqueName } from './run.js'

/** The settings of the workflow `thread`, for the whole conversation. `id`: in front of its turns' ids. */
export type ThreadSettings = Omit<ThreadInput, 'task' | 'from' | 'stream'> & { id?: string }

/** A conversation of this run. A turn that fails is a result, never a throw. */
export type Thread = {
  /**
   * Says something and waits for the answer; several wait for each other, in order. Never throws for what becomes of the
   * turn: an interrupted one keeps what had arrived, one that failed is left out of what is sent later. Its id is
   * "bugs/1". Throws InvalidInput for what cannot be said.
   */
  send(message: string | ContentBlock[], options?: { cacheHistory?: boolean }): Promise<ItemResult>
  /** Forgets the conversation once what was sent before it is answered; the settings stay. */
  clear(): Promise<void>
  /** Answered turns since the beginning or the last `clear`. */
  readonly length: number
}

/** Opens a conversation; nothing is asked before its first `send`. */
export function thread({ id, ...settings }: ThreadSettings = {}): Thread {
  const run = ownRun()
  const name = id === undefined ? numberedName('thread') : uniqueName(id)
  let conversation: Conversation | undefined
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work)
    // Whoever waits for it has its error.
    last = next.catch(() => {})
    return next
  }
  return {
    send: (message, options = {}) =>
      inTurn(async () => {
        const read = readMessage({ content: message, ...options })
        if ('refused' in read) throw refusal(`${name}: message ${read.refused}`)
        conversation ??= await opened(run, name, settings)
        return answered(run, conversation, read)
      }),
    clear: () =>
      inTurn(async () => {
        if (conversation) clearConversation(conversation)
      }),
    get length() {
      return conversation?.state.length ?? 0
    },
  }
}

async function opened(run: Run, name: string, settings: object): Promise<Conversation> {
  const plan = await preparedSettings(run, { inlineBytes: INLINE_BYTES, ...settings, stream: false })
  addToPlan(run, shown(plan))
  return openConversation(plan, { run: run.self.firstRunId, name })
}

async function answered(
  run: Run,
  conversation: Conversation,
  { content, cacheHistory }: { content: string | ContentBlock[]; cacheHistory: boolean },
): Promise<ItemResult> {
  const turn = conversation.state.next
  const id = `${conversation.name}/${turn}`
  await condition(() => !run.paused || run.stopped)
  if (run.stopped) return ended(run, skipped(id), 0)
  const scope = new CancellationScope()
  run.running.set(id, scope)
  changed(run)
  const stopping = { scope, wasInterrupted: () => wasInterrupted(run, id) || scope.consideredCancelled }
  const message = { kind: 'message' as const, turn, content, cacheHistory, bytes: 0 }
  const between = async () => {}
  const taken = conversation.plan.agent
    ? await agentTurn({ run, conversation, message, stopping, audit: undefined, between })
    : await takeTurn(conversation, message, stopping)
  const { status, text, output, error, usage, usd, savedUsd, attempts, warnings, condensing } = taken
  const said = text !== undefined && (status === 'ok' ? { text } : { partial: text })
  const all = {
    usage: condensing ? addUsage(usage, condensing.usage) : usage,
    usd: condensing ? addUsd(usd, condensing.usd) : usd,
    attempts: attempts + (condensing?.attempts ?? 0),
  }
  const more = { ...(output !== undefined && { output }), ...(error && { error }) }
  const saved = condensing ? addUsd(savedUsd, condensing.savedUsd) : savedUsd
  return ended(run, { id, status, ...said, ...more, ...all, warnings }, saved)
}

function ended(run: Run, result: ItemResult, savedUsd: number | null): ItemResult {
  endItem(run, factsOf(result), savedUsd)
  return result
}

/** What people see of a thread's plan beside that of the calls. */
function shown({ root, server, warnings, inlineBytes, maxRetries, maxWaitSeconds }: ThreadPlan) {
  const basis = 'turns of threads are not in it: what they cost is seen when they end'
  const price = { expectedUsd: 0, worstUsd: 0, inputTokens: 0, outputTokens: 0, basis }
  return {
    ...{ title: '', root, server, warnings, inlineBytes, maxRetries, maxWaitSeconds, price, digest: '', dryRun: false },
    ...{ items: [], pages: [], shared: [], confirm: 'never' as const, concurrency: 1 },
  }
}
