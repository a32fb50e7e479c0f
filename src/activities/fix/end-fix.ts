// What the agent did, looked at by code: the changes in the workspace, and for each finding whether what the agent says
// of it is borne out by them.
import { readAccount } from '../../agents/fixing.js'
import type { ChangedFile, EndedFix, EndFixRequest, Fix } from '../../contracts/fix.js'
import { isTextRef } from '../../contracts/refs.js'
import { changesBetween, takeSnapshot } from '../../git/snapshot.js'
import type { CallDeps } from '../call/deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { headOf, keepText } from '../texts.js'
import type { FixItem } from './offer-fixes.js'
import { keptFix, snapshotsOf } from './workspace.js'

/** Of the diff, for the person who is asked. */
const SHOWN_LINES = 120
const SHOWN_CHARACTERS = 200
const NOTE_CHARACTERS = 300

export function createEndFix({ store }: CallDeps) {
  return async function endFix(request: EndFixRequest): Promise<EndedFix> {
    const { root, files, list, ids, snapshot: from, inlineBytes, output, problem } = request
    return readableStorageErrors(async () => {
      const fix = await keptFix(store, files)
      const at = await snapshotsOf(store, root, fix)
      const snapshot = await takeSnapshot(at)
      const { diff, files: changed } = await changesBetween(at, from, snapshot)
      const account = readAccount(isTextRef(output) ? JSON.parse(await store.text(output.ref)) : output)
      const items = JSON.parse(await store.text(list)) as FixItem[]
      const taken = new Set(ids)
      const fixes = items.map(({ detail: _, expert: __, ...item }): Fix => {
        if (!taken.has(item.id)) return { ...item, status: 'refused' }
        const said = account?.results.find(({ id }) => id === item.id)
        return { ...item, ...judged(item, said, changed, problem) }
      })
      return {
        snapshot,
        digest: digestOf(['changes', fix.workspace, from, snapshot]),
        title: titleOf(changed),
        lines: shownOf(diff),
        ...(changed.length > 0 && {
          changes: { workspace: fix.workspace, files: changed, diff: await keepText(store, root, diff, inlineBytes) },
        }),
        fixes,
      }
    })
  }
}

type Said = { fixed: boolean; note: string } | undefined

function judged(
  { file }: FixItem | Omit<FixItem, 'detail' | 'expert'>,
  said: Said,
  changed: ChangedFile[],
  problem: string | undefined,
): Pick<Fix, 'status' | 'note'> {
  const note = headOf((said?.note ?? '').replace(/\s+/g, ' ').trim(), NOTE_CHARACTERS)
  const own = note === '' ? {} : { note }
  if (said?.fixed === false) return { status: 'failed', ...own }
  if (!said) return { status: 'failed', note: problem ?? 'the agent gave no account of it' }
  if (changed.length === 0) return { status: 'failed', note: 'said to be fixed, but nothing was changed' }
  if (changed.some(({ path }) => path === file)) return { status: 'fixed', ...own }
  return { status: 'fixed', note: `not in ${file} itself${note === '' ? '' : `: ${note}`}` }
}

function titleOf(changed: ChangedFile[]): string {
  const sum = (of: 'added' | 'removed') => changed.reduce((all, file) => all + (file[of] ?? 0), 0)
  const many = `${changed.length} file${changed.length === 1 ? '' : 's'}`
  return `keep the changes in ${many} (+${sum('added')} −${sum('removed')})?`
}

function shownOf(diff: string): string[] {
  const lines = diff.split('\n').filter((line) => !/^(index|diff --git) /.test(line))
  if (lines.at(-1) === '') lines.pop()
  const shown = lines.slice(0, SHOWN_LINES).map((line) => headOf(line, SHOWN_CHARACTERS))
  const more = lines.length - shown.length
  return more > 0 ? [...shown, `… and ${more} lines more: look at the workspace`] : shown
}
