// What a review found, as a person may take it: only what names a real place, the worst first, each with a name.
import type { Fix, OfferedFixes, OfferFixesRequest } from '../../contracts/fix.js'
import type { Finding } from '../../contracts/outcome.js'
import type { CallDeps } from '../call/deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { headOf } from '../texts.js'
import { keptFix } from './workspace.js'

/** One agent is to work them all off, and a person to look through them. */
const MOST_FIXES = 100
const TITLE_CHARACTERS = 200

/** `file`: from the workspace. */
export type FixItem = Omit<Fix, 'status' | 'note'> & Pick<Finding, 'detail' | 'expert'>

export function createOfferFixes({ store }: CallDeps) {
  return async function offerFixes({ root, files, findings }: OfferFixesRequest): Promise<OfferedFixes> {
    return readableStorageErrors(async () => {
      const { workspace, names } = await keptFix(store, files)
      const all = JSON.parse(await store.text(findings)) as Finding[]
      const items = all
        .filter((one) => one.verified && names[one.file] !== undefined)
        .slice(0, MOST_FIXES)
        .map(
          ({ file, line, severity, title, detail, expert }, index): FixItem => ({
            id: `f${index + 1}`,
            file: names[file] ?? file,
            ...{ line, severity, title: headOf(title, TITLE_CHARACTERS), detail, expert },
          }),
        )
      const list = await store.put(root, JSON.stringify(items))
      const left = all.length - items.length
      const more = left > 0 ? ` (${left} more cannot be: they name no real place, or are too many)` : ''
      return {
        list,
        digest: digestOf(['fix', workspace, list]),
        title: `fix ${items.length} finding${items.length === 1 ? '' : 's'} in ${workspace}?${more}`,
        choices: items.map(({ id, severity, file, line, title }) => ({
          id,
          label: `${severity.padEnd(8)} ${file}:${line}  ${title}`,
        })),
        fixes: items.map(({ detail: _, expert: __, ...item }) => ({ ...item, status: 'refused' as const })),
      }
    })
  }
}
