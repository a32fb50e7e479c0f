// Hooks of what a workflow sees happen: a session begins, somebody sends a prompt, a person is asked, a run ends. Whose
// hooks they are is decided here: the agent's, as they were when it started, or this worker's own.
import { Context, log } from '@temporalio/activity'
import type { HookOutcome, RunHooksRequest } from '../../contracts/hooks.js'
import type { Hooks } from '../../contracts/schemas/agent.js'
import { runHooks } from '../../hooks/run-hooks.js'
import type { StoredAgent } from '../agent/definition/stored-agent.js'
import type { AgentDeps } from '../agent/deps.js'
import { shutdown } from '../call/cancellation.js'
import { beat } from '../call/heartbeat.js'
import { readableStorageErrors } from '../storage-errors.js'

export function createRunHooks(deps: AgentDeps) {
  return async function runHooksOf({ agent, payload }: RunHooksRequest): Promise<HookOutcome> {
    const context = Context.current()
    const stopBeating = beat(context, `hooks ${payload.event}`, { characters: 0, text: '' })
    try {
      const { hooks, cwd } = await readableStorageErrors(() => hooksOf(deps, agent))
      const {
        block,
        context: said,
        warnings,
      } = await runHooks(hooks, payload, {
        functions: deps.hookFunctions,
        env: deps.env,
        signal: context.cancellationSignal,
        ...(cwd !== undefined && { cwd }),
      })
      const redact = deps.secrets.redact()
      if (warnings.length > 0) log.warn('hooks', { event: payload.event, warnings: warnings.map(redact) })
      return {
        warnings: warnings.map(redact),
        ...(block !== undefined && { block: redact(block) }),
        ...(said !== undefined && { context: redact(said) }),
      }
    } catch (error) {
      if (context.cancellationDetails?.workerShutdown) throw shutdown()
      throw error
    } finally {
      stopBeating()
    }
  }
}

async function hooksOf(
  { requests, settings }: AgentDeps,
  agent: RunHooksRequest['agent'],
): Promise<{ hooks?: Hooks | undefined; cwd?: string | undefined }> {
  if (agent === undefined) return { hooks: settings.hooks }
  const { hooks, workspace } = await requests.json<StoredAgent>(agent)
  return { hooks, cwd: workspace }
}
