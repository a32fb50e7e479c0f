// The end of a review: the aggregate as it was judged, with how its writes ended, and the same for people to read.
import type { AccountReview, FinishAccountRequest, FinishedAccount } from '../../contracts/account.js'
import type { AgentDeps } from '../agent/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepText } from '../texts.js'
import { accountReport } from './report.js'

export function createFinishAccount(deps: AgentDeps) {
  return async function finishAccount(request: FinishAccountRequest): Promise<FinishedAccount> {
    return readableStorageErrors(async () => {
      const { root, review: ref, writes, title, server, inlineBytes } = request
      const gathered = await deps.requests.json<AccountReview>(ref)
      const ended = new Map(writes.map((write) => [write.id, write]))
      const requires_approval = gathered.requires_approval.map((write) => ({ ...write, ...ended.get(write.id) }))
      const review = { ...gathered, requires_approval }
      const report = accountReport(review, { title, simulated: server === 'simulated' })
      return { ...review, report: await keepText(deps.store, root, report, inlineBytes) }
    })
  }
}
