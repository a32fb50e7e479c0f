// One line when a call or a tool starts, and one when it ends, with how long it took: which run, which agent, which step.
// Never what was said: arguments, prompts and answers are in the audit and the store.
import { type ActivityInterceptorsFactory, Runtime } from '@temporalio/worker'

/** Of every request that has them. */
type Named = { step?: unknown; label?: unknown }

export const activityLog: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      const { logger } = Runtime.instance()
      const { step, label } = (input.args[0] ?? {}) as Named
      const about = {
        run: info.workflowExecution?.workflowId,
        ...(typeof label === 'string' && { agent: label }),
        ...(typeof step === 'string' && { step }),
        attempt: info.attempt,
      }
      // What takes part in an answer is told; what only prepares and keeps is for whoever looks closer.
      const level = about.step === undefined ? 'debug' : 'info'
      const began = performance.now()
      const ms = () => Math.round(performance.now() - began)
      logger[level](`${info.activityType} started`, about)
      try {
        const outcome = await next(input)
        logger[level](`${info.activityType} finished`, { ...about, ms: ms(), ...endOf(outcome) })
        return outcome
      } catch (error) {
        const type = error instanceof Error && 'type' in error ? error.type : undefined
        const cause = typeof type === 'string' ? type : error instanceof Error ? error.name : 'unknown'
        logger.warn(`${info.activityType} failed`, { ...about, ms: ms(), cause })
        throw error
      }
    },
  },
})

/** How it ended, where an outcome says so in a word. */
function endOf(outcome: unknown): { outcome?: string } {
  if (typeof outcome !== 'object' || outcome === null) return {}
  const { kind, status } = outcome as { kind?: unknown; status?: unknown }
  const word = kind ?? status
  return typeof word === 'string' ? { outcome: word } : {}
}
