// The author's task: what the others handed over, as it was checked, and who handed over nothing.
import { againTask, authorTask } from '../../agents/account.js'
import type { BriefAuthorRequest } from '../../contracts/account.js'
import type { AgentDeps } from '../agent/deps.js'
import { readableStorageErrors } from '../storage-errors.js'

/** UTF-8 bytes of each; a task travels in the input of a thread. */
const MOST_BYTES = 200 * 1024

export function createBriefAuthor(deps: AgentDeps) {
  return async function briefAuthor(request: BriefAuthorRequest): Promise<string> {
    return readableStorageErrors(async () => {
      const { account, scout, memory, missing, again } = request
      const crm = scout === undefined ? undefined : await indented(deps, scout)
      const remembered = memory === undefined ? undefined : await indented(deps, memory)
      const task = authorTask(account, {
        ...(crm !== undefined && { crm }),
        ...(remembered !== undefined && { memory: remembered }),
        missing: missing.map(({ agent, why }) => `${agent} (${why})`),
      })
      return again === undefined ? task : againTask(task, again)
    })
  }
}

async function indented(deps: AgentDeps, ref: string): Promise<string> {
  const text = JSON.stringify(await deps.requests.json(ref), null, 1)
  return Buffer.byteLength(text) <= MOST_BYTES ? text : `${text.slice(0, MOST_BYTES)}\n[cut]`
}
