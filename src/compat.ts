// The names of the Python skill people come from, over the same durable runs: every call is a run that survives a crash,
// is listed, priced and paid once. Thin on purpose: whoever wants more takes `ensemble` itself.
import type { Ensemble } from './client/ensemble.js'
import type { Run } from './client/run.js'
import { newRunId } from './client/run-id.js'
import type { ThreadOptions } from './client/thread/opening.js'
import type { Said, Thread } from './client/thread/thread.js'
import { ClaudeInvocationError, ConfigurationError, connected } from './compat/connected.js'
import type { Content } from './contracts/conversation.js'
import type { Item, ParallelInput } from './contracts/schemas/index.js'

export { ClaudeInvocationError, ConfigurationError } from './compat/connected.js'

type Prompt = NonNullable<Item['prompt']>
/** `ensemble`: a connection to use; without it one is opened for the call (see `connect`) and closed after it. */
type Connected = { ensemble?: Ensemble }
/** Fields of an item of `parallel`. `streaming`: whoever watches the run reads the text as it arrives. */
export type CallOptions = Connected & Omit<Item, 'id' | 'prompt'> & { streaming?: boolean }
/** `concurrency`: calls at once, default 5. */
export type ParallelOptions = Connected &
  Pick<ParallelInput, 'model' | 'maxTokens' | 'concurrency' | 'sharedSystem' | 'cacheSharedSystem'>
/** Gets text as it arrives. `reset`: an attempt was lost on the way; what came before is void, this begins anew. */
export type TextCallback = (chunk: string, at: { reset: boolean }) => void
type Callbacks = { callbacks?: (TextCallback | null)[] }
type Interruptible = { interruptToken?: InterruptToken }

/**
 * One call; the answer's text. What `callback` got since its last `reset` equals it, joined. Throws ClaudeInvocationError,
 * ConfigurationError.
 */
export async function invokeClaudeStreaming(
  prompt: Prompt,
  { callback, ensemble, streaming, ...item }: CallOptions & { callback?: TextCallback } = {},
): Promise<string> {
  const heard = callback ? { callbacks: [callback] } : streaming && { stream: true }
  const [text = ''] = await answers([{ prompt, ...item }], { ...(ensemble && { ensemble }), ...heard }, refuse)
  return text
}

/** The same without a callback. */
export async function invokeClaude(prompt: Prompt, options: CallOptions = {}): Promise<string> {
  return invokeClaudeStreaming(prompt, options)
}

/**
 * Many calls at once; their texts in the order of the prompts. One callback for each, null for none: another number of them
 * is a ConfigurationError before any call. Throws as invokeClaude, once all calls have ended.
 */
export async function invokeParallelStreaming(prompts: Item[], options: ParallelOptions & Callbacks = {}) {
  return answers(prompts, options, refuse)
}

/** The same without callbacks. */
export async function invokeParallel(prompts: Item[], options: ParallelOptions = {}): Promise<string[]> {
  return answers(prompts, options, refuse)
}

/** Null for what was interrupted before it had its answer; what was answered is kept. */
export async function invokeParallelInterruptible(prompts: Item[], options: ParallelOptions & Interruptible = {}) {
  return options.interruptToken?.isInterrupted() ? prompts.map(() => null) : answers(prompts, options, () => null)
}

/**
 * Stops calls from outside. Made with a `runId`, the calls it is given to run under that id, and a token made with the same
 * id in any other process stops them, too.
 */
export class InterruptToken {
  #interrupted = false
  /** For the function above: the run that `interrupt` stops now. */
  run: Run | undefined
  constructor(readonly runId?: string) {}
  /** Resolves when the calls were told. Throws RunNotFoundError where no call runs under the id yet. */
  async interrupt(): Promise<void> {
    this.#interrupted = true
    const { run, runId } = this
    if (run) await run.interrupt()
    else if (runId !== undefined) await connected(undefined, (ensemble) => ensemble.run(runId).interrupt())
  }
  isInterrupted(): boolean {
    return this.#interrupted
  }
  reset(): void {
    this.#interrupted = false
  }
}

/** A conversation; `id` names it, so that any process may go on with it. */
export class ConversationThread {
  readonly id: string
  constructor(private readonly options: ThreadOptions & Connected & { id?: string } = {}) {
    this.id = options.id ?? newRunId('thread')
  }
  /** The answer's text. Throws ClaudeInvocationError, ConfigurationError. */
  async send(message: Said, options: { cacheHistory?: boolean } = {}): Promise<string> {
    return this.#with(async (thread) => (await thread.send(message, options)).text)
  }
  /** As the API takes them, oldest first, since the beginning or the last `clear`. */
  async getMessages() {
    const turns = await this.#with(async (thread) => ((await thread.exists()) ? thread.messages() : []))
    return turns.flatMap(({ status, sent, text }): { role: 'user' | 'assistant'; content: Content }[] => {
      if (status !== 'ok' && status !== 'interrupted') return []
      return [{ role: 'user', content: sent }, ...(text ? [{ role: 'assistant' as const, content: text }] : [])]
    })
  }
  async clear(): Promise<void> {
    await this.#with(async (thread) => (await thread.exists()) && thread.clear())
  }
  /** Answered turns since the beginning or the last `clear`. */
  async length(): Promise<number> {
    return this.#with(async (thread) => ((await thread.exists()) ? thread.length() : 0))
  }
  #with<T>(work: (thread: Thread) => Promise<T>): Promise<T> {
    const { ensemble: given, id: _, ...options } = this.options
    return connected(given, (ensemble) => work(ensemble.thread(this.id, options)))
  }
}

type Asking = Connected & Callbacks & Interruptible & Omit<ParallelInput, 'items'>

/** `stopped`: what stands for an item that was interrupted, or never asked because the run was. */
async function answers<T>(items: Item[], asking: Asking, stopped: () => T): Promise<(string | T)[]> {
  const { ensemble, callbacks, interruptToken: token, ...input } = asking
  if (callbacks && callbacks.length !== items.length)
    throw new ConfigurationError(`callbacks: got ${callbacks.length} for ${items.length} prompts; wanted one for each`)
  return connected(ensemble, async (open) => {
    const how = { ...(token?.runId && { id: token.runId }), ...(callbacks && { onText: callbacks }) }
    const run = await open.start('parallel', { items, concurrency: 5, ...input, confirm: 'never' }, how)
    if (token) token.run = run
    if (token?.isInterrupted()) await run.interrupt()
    const { items: ended } = await run.result({ resolve: true })
    return ended.map(({ status, text, error }) => {
      const details = { run: run.id, items: ended }
      if (error) throw new ClaudeInvocationError(`${error.type}: ${error.message}`, error.statusCode, details)
      if (status !== 'ok') return stopped()
      if (typeof text === 'string') return text
      throw new ConfigurationError(
        `a text of run ${run.id} is not in this machine's store, only in that of its workers`,
      )
    })
  })
}

/** Calls without a token may be interrupted all the same: from a terminal, or the Web UI. */
function refuse(): never {
  throw new ClaudeInvocationError('interrupted before it was answered')
}
