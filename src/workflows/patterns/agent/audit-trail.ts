// What an agent was told, asked, allowed and did, numbered here and written down by an activity: one a step, beside the
// next model call, so that it costs no time. What happened before a step is on disk before the step after it begins.
import { CancellationScope, proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../../../activities/index.js'
import type { AuditBody, AuditEvent, AuditHead } from '../../../contracts/audit.js'
import type { Root } from '../../../contracts/refs.js'
import type { ThreadPlan } from '../../../contracts/thread.js'
import type { Run } from '../run/run.js'

export type AuditTrail = {
  /** Entries so far, and the hash of the last one that is written down. */
  head: AuditHead
  note(event: AuditBody, at?: { turn: number; step?: number }): void
  /** Begins to write what is new; at most one such activity runs. */
  write(): void
  /** Waits for what is being written; with `all`, until nothing is left. */
  written(how?: { all: boolean }): Promise<void>
}

const { appendAudit } = proxyActivities<Pick<Activities, 'appendAudit'>>({
  // It has no heartbeat: this is how long a run waits for a worker that died with it.
  startToCloseTimeout: '20 seconds',
  // A run whose audit cannot be written does not go on: nothing may happen that nobody can look up.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
  summary: 'audit',
})

/** @param carried from before the thread continued as new. @returns undefined where nothing is audited. */
export function openAudit(run: Run, { agent, root }: ThreadPlan, carried?: AuditHead): AuditTrail | undefined {
  if (!agent?.audit) return undefined
  const trail = openTrail(run, { root, agent: agent.name }, carried)
  run.audit = (event) => trail.note(event)
  if (!carried) trail.note({ type: 'session_start', definition: agent.ref, tools: agent.tools, mode: agent.mode })
  return trail
}

/** Of the session that has the run's id. `agent`: in whose name its entries are. */
export function openTrail(run: Run, { root, agent }: { root: Root; agent: string }, carried?: AuditHead): AuditTrail {
  const session = run.self.workflowId
  let events: AuditEvent[] = []
  let writing: Promise<void> | undefined
  let failed: { error: unknown } | undefined
  const trail: AuditTrail = {
    head: carried ?? { entries: 0, head: '' },
    note(event, at) {
      events.push({ at: new Date().toISOString(), agent, ...at, ...event })
    },
    write() {
      if (writing || events.length === 0) return
      const request = { root, session, from: trail.head.entries + 1, events }
      events = []
      writing = CancellationScope.nonCancellable(() => appendAudit(request)).then(
        (head) => {
          trail.head = head
          writing = undefined
        },
        (error: unknown) => {
          failed = { error }
          writing = undefined
        },
      )
    },
    async written(how) {
      do {
        if (how?.all) trail.write()
        await writing
        if (failed) throw failed.error
      } while (how?.all && events.length > 0)
    },
  }
  return trail
}
