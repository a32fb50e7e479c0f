// The barrier: pieces of several agents become one tree, in memory, before anything else is built on them.
import type { CombinedWork, CombineWorkRequest } from '../../contracts/code.js'
import { combine } from '../../git/code/combine.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { repositoryErrors } from './errors.js'
import { keptCode, refOf } from './keep.js'

export function createCombineWork({ store }: CallDeps) {
  return async function combineWork({ root, keep, onto, pieces, at }: CombineWorkRequest): Promise<CombinedWork> {
    return readableStorageErrors(() =>
      repositoryErrors(async () => {
        const { repository, identity } = await keptCode(store, keep)
        const combined = await combine({
          ...{ repository: repository.top, onto, pieces, identity, date: at },
          ...{ ref: refOf(root, 'combined'), message: 'the work of all agents together' },
        })
        if (combined.kind === 'clean') return combined
        const { piece, files, text } = combined
        return { kind: 'conflict', agent: pieces[piece]?.agent ?? '', files, text }
      }),
    )
  }
}
