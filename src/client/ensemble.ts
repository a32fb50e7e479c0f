// The library's face: one connection, from which runs are started, found and listed. It never starts a server or a
// worker; the command line does that for people.
import type { AccountResult } from '../contracts/account.js'
import type { CodeResult } from '../contracts/code.js'
import type { DelegateResult } from '../contracts/delegate.js'
import type { DocumentsResult } from '../contracts/documents.js'
import type { WorkflowName } from '../contracts/names.js'
import type { ParallelResult, ReviewResult, RunResult } from '../contracts/outcome.js'
import type { Root, Text } from '../contracts/refs.js'
import type { AgentDefinition } from '../contracts/schemas/agent.js'
import type {
  AccountInput,
  CodeInput,
  DelegateInput,
  DocumentsInput,
  ParallelInput,
  ReviewInput,
  ThreadInput,
} from '../contracts/schemas/index.js'
import type { ThreadResult } from '../contracts/thread.js'
import { type AgentOptions, agentThread } from './agent-thread.js'
import { openApprovals, type WaitingApproval } from './approvals.js'
import { runAudit, type SessionAudit } from './audit.js'
import { checkInput, checkOwnInput, checkWorkflow } from './check-input.js'
import { asking, RunNotFoundError } from './errors.js'
import { listRuns, type RunFacts, runFacts } from './facts.js'
import { runHistory } from './history.js'
import { listening, type OnTexts, tellTexts } from './live/on-text.js'
import { type RerunOptions, rerun } from './rerun.js'
import { type Run, runHandle } from './run.js'
import { checkRunId, newRunId } from './run-id.js'
import { openServer, type Server, type ServerOptions } from './server.js'
import { startRun } from './start.js'
import { runSummary } from './summary.js'
import { type Resolved, resolveTexts, wholeText } from './texts.js'
import type { ThreadOptions } from './thread/opening.js'
import { type Thread, threadHandle } from './thread/thread.js'
import { undo } from './undo.js'
import { workersOn } from './workers.js'

/** The input of each workflow, by its name. */
export type RunInputs = {
  parallel: ParallelInput
  review: ReviewInput
  documents: DocumentsInput
  delegate: DelegateInput
  account: AccountInput
  code: CodeInput
  thread: ThreadInput
}
/** The result of each workflow, by its name. */
export type RunResults = {
  parallel: ParallelResult
  review: ReviewResult
  documents: DocumentsResult
  delegate: DelegateResult
  account: AccountResult
  code: CodeResult
  thread: ThreadResult
}

/**
 * `onText` is told of texts while they arrive: one function, or of `parallel` one for each item (null: nobody listens).
 * `result()` resolves after all of it was told, and rejects with what it throws.
 */
export type StartOptions = { id?: string; onText?: OnTexts }

/** What `workflow(…)` of `ensemble/workflow` makes. */
export type OwnWorkflow = (input: never) => Promise<RunResult>

/** A connection to a Temporal server: what `connect` gives. Every method may throw ConnectionError. */
export type Ensemble = {
  readonly address: string
  readonly namespace: string
  readonly taskQueue: string
  /**
   * Starts a run, once: an id used before gives the same run for the same input. Throws InvalidInputError (also for an
   * id used with other input) before anything is started, ConnectionError.
   */
  start<N extends WorkflowName>(workflow: N, input: RunInputs[N], options?: StartOptions): Promise<Run<RunResults[N]>>
  /**
   * As `start`, for a workflow of your own by the name it is exported by: `startOwn<typeof research>('research', …)`.
   * `taskQueue`: where its worker is, when that is not this connection's.
   */
  startOwn<W extends OwnWorkflow>(
    workflow: string,
    input: Parameters<W>[0],
    options?: { id?: string; taskQueue?: string },
  ): Promise<Run<Awaited<ReturnType<W>>>>
  /** A run by its id; asks nothing, so an unknown id is found out by the first question. */
  run<R extends RunResult = RunResult>(id: string): Run<R>
  /**
   * A conversation by its id; asks nothing yet. The first message makes the thread if there is none; one that was made
   * with other options than these is refused, without options it is taken as it is. Throws InvalidInputError for an id
   * that cannot be one.
   */
  thread(id: string, options?: ThreadOptions): Thread
  /**
   * An agent to talk to: a thread whose answers may use tools. By the name of a built-in one, of a file (`./fixer.md`, or
   * `fixer` for `.claude/agents/fixer.md`) or as data; `{ id }` opens one that is at work. Nothing is asked or read before
   * the first message; what is wrong with the agent is an InvalidInputError then.
   */
  agent(agent: string | AgentDefinition | { id: string }, options?: AgentOptions): Thread
  /** A new run of every item of `id` that is not ok; throws InvalidInputError while that run is open. */
  rerun(id: string, options?: RerunOptions): Promise<Run>
  /** A run that takes back what a coding run committed; throws InvalidInputError while that run is open. */
  undo(id: string): Promise<Run>
  /** Every question that waits for a person, of runs and their parts, the oldest first; needs no worker. */
  approvals(): Promise<WaitingApproval[]>
  /** Newest first; `limit` defaults to 100. */
  list(options?: { limit?: number }): AsyncGenerator<RunFacts, void>
  /** A text of a result, whole. Throws a StorageError where this machine's store does not have it. */
  text(text: Text): Promise<string>
  /** Large texts in a result whole; `missing` names those this machine's store does not have. */
  texts<R extends RunResult>(result: R): Promise<Resolved<R>>
  /**
   * What an agent was told, asked, allowed and did: its log and those of the agents it started, each checked against what
   * the server keeps of it. Throws NotStoredError where this machine's store has none.
   */
  audit(id: string): Promise<SessionAudit[]>
  /** Removes from this machine's store what no run known to the server names. Bytes of texts removed. */
  gc(): Promise<{ roots: number; blobs: number; bytes: number }>
  /** Identities of the workers that lately asked for work on the task queue. */
  workers(): Promise<string[]>
  serverVersion(): Promise<string>
  /** Names of the search attributes the namespace has; empty where the server does not tell. */
  searchAttributes(): Promise<Set<string>>
  /** The run's history as JSON, as `temporal workflow show --output json` gives it. */
  history(id: string): Promise<string>
  close(): Promise<void>
}

/** Throws ConnectionError when nobody answers at the address within 10 s, or lets us in. */
export async function connectTo(options: ServerOptions): Promise<Ensemble> {
  return ensembleOn(await openServer(options))
}

export function ensembleOn(server: Server): Ensemble {
  const { address, namespace, taskQueue, store } = server
  const closing = new AbortController()
  return {
    address,
    namespace,
    taskQueue,
    async start<N extends WorkflowName>(workflow: N, input: RunInputs[N], options: StartOptions = {}) {
      const name = checkWorkflow(workflow)
      const id = options.id === undefined ? newRunId(name) : checkRunId(options.id)
      const { onText } = options
      const argument = await checkInput(name, onText ? { ...input, stream: true } : input)
      const told = onText && listening(name, argument, onText)
      await startRun(server, { workflow: name, id, argument, summary: runSummary(name, argument) })
      const run = runHandle<RunResults[N]>(server, id)
      if (!told) return run
      const telling = tellTexts(server, id, told, closing.signal)
      telling.catch(() => undefined) // whoever waits for the result hears of it
      return {
        ...run,
        async result(how) {
          const result = await run.result(how)
          await telling
          return result
        },
      }
    },
    async startOwn<W extends OwnWorkflow>(
      workflow: string,
      input: Parameters<W>[0],
      options?: { id?: string; taskQueue?: string },
    ) {
      const id = options?.id === undefined ? newRunId(workflow) : checkRunId(options.id)
      const argument = await checkOwnInput(workflow, input)
      const own = options?.taskQueue === undefined ? {} : { taskQueue: options.taskQueue }
      await startRun(server, { workflow, id, argument, summary: workflow, own })
      return runHandle<Awaited<ReturnType<W>>>(server, id)
    },
    run: (id) => runHandle(server, id),
    thread: (id, threadOptions) => threadHandle(server, checkRunId(id), threadOptions),
    agent: (agent, agentOptions) => agentThread(server, agent, agentOptions),
    rerun: async (id, rerunOptions) => runHandle(server, await rerun(server, id, rerunOptions)),
    undo: async (id) => runHandle(server, await undo(server, id)),
    approvals: () => openApprovals(server),
    list: (listOptions) => listRuns(server, listOptions?.limit ?? 100),
    text: (text) => wholeText(store, text),
    texts: (result) => resolveTexts(store, result),
    audit: (id) => runAudit(server, id),
    workers: () => workersOn(server),
    serverVersion: async () => {
      const info = await asking({ server: address }, () => server.client.workflowService.getSystemInfo({}))
      return info.serverVersion ?? 'unknown'
    },
    searchAttributes: () => server.searchAttributes(),
    history: (id) => runHistory(server, id),
    gc: () => collectGarbage(server),
    close() {
      closing.abort()
      return server.close()
    },
  }
}

/** A root stays while the server knows a run of it: the original one, or a rerun or fork that carries it. */
async function collectGarbage(server: Server): Promise<{ roots: number; blobs: number; bytes: number }> {
  await asking({ server: server.address }, () => server.client.connection.ensureConnected())
  const key = (root: Root) => JSON.stringify([root.workflowId, root.firstRunId])
  const known = new Set<string>()
  for await (const { id, firstRunId, rerunOf, root } of listRuns(server, Number.POSITIVE_INFINITY)) {
    known.add(key(rerunOf?.root ?? root ?? { workflowId: id, firstRunId }))
    if (root) known.add(key({ workflowId: id, firstRunId }))
  }
  return server.store.gc(async (root) => known.has(key(root)) || (await stillThere(server, root)))
}

/** Lists lag behind; a root the list lacks is asked for by name before anything of it is removed. */
async function stillThere(server: Server, root: Root): Promise<boolean> {
  try {
    return (await runFacts(server, root.workflowId)).firstRunId === root.firstRunId
  } catch (error) {
    if (error instanceof RunNotFoundError) return false
    throw error
  }
}
