// Everything that waits for a person, of every run and every part of one, from what runs leave in their memos: one
// question to the server, however many wait, and none to a worker.
import type { OpenApproval } from '../contracts/messages.js'
import { MEMO, SEARCH_ATTRIBUTES, WORKFLOWS } from '../contracts/names.js'
import { asking } from './errors.js'
import type { Server } from './server.js'
import { askStatus } from './snapshot.js'

/** `partOf`: the run it is a part of. */
export type WaitingApproval = OpenApproval & { run: string; workflow: string; partOf?: string }

const PAGE = 1000
const AT_ONCE = 10

/** The longest waiting first. */
export async function openApprovals(server: Server): Promise<WaitingApproval[]> {
  const known = (await server.searchAttributes()).has(SEARCH_ATTRIBUTES.waiting)
  const ours = `WorkflowType IN (${WORKFLOWS.map((name) => `'${name}'`).join(', ')})`
  const waiting = SEARCH_ATTRIBUTES.waiting
  const which = known ? `(${waiting} = true OR (${waiting} IS NULL AND ${ours}))` : ours
  const query = `ExecutionStatus = 'Running' AND ${which}`
  const found: WaitingApproval[] = []
  const silent: Omit<WaitingApproval, keyof OpenApproval>[] = []
  const runs = server.client.workflow.list({ query, pageSize: PAGE })[Symbol.asyncIterator]()
  for (;;) {
    const next = await asking({ server: server.address }, () => runs.next())
    if (next.done) break
    const { workflowId, type, memo = {}, parentExecution } = next.value
    const names = typeof memo[MEMO.waitingFor] === 'string' ? String(memo[MEMO.waitingFor]) : ''
    if (names === '') continue
    const run = {
      run: workflowId,
      workflow: type,
      ...(parentExecution?.workflowId && { partOf: parentExecution.workflowId }),
    }
    const said = memo[MEMO.approvals] as OpenApproval[] | undefined
    if (said && said.length === names.split(', ').length) found.push(...said.map((one) => ({ ...one, ...run })))
    else silent.push(run)
  }
  for (let at = 0; at < silent.length; at += AT_ONCE)
    found.push(...(await Promise.all(silent.slice(at, at + AT_ONCE).map((run) => askedOf(server, run)))).flat())
  // By code point: what compares as people of a place do takes 20 ms to load.
  return found.sort((a, b) => (a.openedAt < b.openedAt ? -1 : 1))
}

/** Of more than a memo holds, or of a run whose worker is older than this list. */
async function askedOf(server: Server, run: Omit<WaitingApproval, keyof OpenApproval>): Promise<WaitingApproval[]> {
  const { approvals } = await askStatus(server, run.run)
  return approvals.flatMap(
    ({ name, title, digest, openedAt, answer, tool, unknown, budget, own, choices, ...more }) => {
      if (answer) return []
      const { approvers, expiresAt, onExpiry } = more
      const kind = tool ? 'tool' : unknown ? 'unknown' : budget ? 'budget' : own || choices ? 'own' : 'plan'
      return [
        {
          ...run,
          ...{ name, title, digest, openedAt, kind, about: tool?.arguments ?? unknown?.arguments ?? '' },
          ...(approvers && { approvers }),
          ...(expiresAt !== undefined && { expiresAt }),
          ...(onExpiry !== undefined && { onExpiry }),
        },
      ]
    },
  )
}
