// Refs of our own, below refs/ensemble/: they keep commits alive that no branch has, and nobody sees them.
import { git } from './git.js'
import { split } from './names.js'
import { RepositoryError } from './repository-error.js'

/** @throws RepositoryError when it could be a ref of the user's */
export function mustBeOurs(ref: string): void {
  if (!ref.startsWith('refs/ensemble/')) throw new RepositoryError(`${ref}: wanted a ref below refs/ensemble/`)
}

/** Keeps a commit alive. */
export async function keep(repository: string, ref: string, commit: string, signal?: AbortSignal): Promise<void> {
  mustBeOurs(ref)
  await git({ repository }, ['update-ref', '--no-deref', '--end-of-options', ref, commit], { signal })
}

/** All at or below `prefix`, at once; it may be none. */
export async function removeRefs(repository: string, prefix: string): Promise<void> {
  mustBeOurs(prefix)
  const args = ['for-each-ref', '--format=%(refname)%00', '--', prefix.replace(/\/$/, '')]
  const refs = split((await git({ repository }, args)).stdout.replaceAll('\n', ''))
  if (refs.length === 0) return
  const input = Buffer.from(refs.map((ref) => `delete ${ref}\0\0`).join(''), 'latin1')
  await git({ repository }, ['update-ref', '--no-deref', '-z', '--stdin'], { input })
}
