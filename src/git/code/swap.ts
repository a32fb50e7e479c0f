// The moment at which a branch moves. The git that does it may outlive a process that is killed, and do it when somebody
// has already looked and found it not done. So there is a ref that goes in the same transaction: who removes it first
// decides, once and for all, whether the branch moves.
import { randomUUID } from 'node:crypto'
import { git } from './git.js'
import { identityOf, variablesOf } from './identity.js'
import { keep } from './refs.js'

export type Swap = { repository: string; branch: string; from: string; to: string; permit: string; patienceMs?: number }

export const newPermit = () => `refs/ensemble/moving/${randomUUID()}`

/** @throws RepositoryError when the branch is not at `from`, a lock stays, or the permit was withdrawn */
export async function swap({ repository, branch, from, to, permit, patienceMs }: Swap): Promise<void> {
  await keep(repository, permit, from)
  // The moment for people's reflog: the only thing here that a repeat makes differently.
  const variables = variablesOf({ identity: await identityOf(repository), date: new Date().toISOString() })
  const input = `update ${branch}\0${to}\0${from}\0delete ${permit}\0${from}\0`
  const args = ['update-ref', '-m', 'ensemble: commits of a run', '-z', '--stdin']
  await git({ repository, variables }, args, { input, patienceMs })
}

/** From now on nobody uses it: the branch has moved, or will not. */
export async function withdraw(at: { repository: string; permit: string; patienceMs?: number }): Promise<void> {
  const { repository, permit, patienceMs } = at
  await git({ repository }, ['update-ref', '--no-deref', '-d', permit], { patienceMs })
}
