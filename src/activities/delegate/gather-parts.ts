// What the parts came to: a request for the integrator, and an answer made by code for when there is none. Whatever has no
// answer is named in both, so that nothing is missing in silence.
import {
  type GatheredParts,
  type GatherPartsRequest,
  INTEGRATE_ITEM,
  type PartEnd,
  under,
} from '../../contracts/delegate.js'
import type { PlannedItem } from '../../contracts/plan.js'
import type { CallDeps } from '../call/deps.js'
import { storePages } from '../prepare/pages.js'
import { worstOfStored } from '../prepare/worst.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepText, readText } from '../texts.js'
import { integratorCall, readAssignment } from './assignment.js'

type Answered = Omit<PartEnd, 'answer'> & { id: string; task: string; answer?: string }

export function createGatherParts({ store }: CallDeps) {
  return async function gatherParts(request: GatherPartsRequest): Promise<GatheredParts> {
    return readableStorageErrors(async () => {
      const { root, delegation, inlineBytes, integrated } = request
      const assignment = await readAssignment(store, delegation.assignment)
      const parts = await Promise.all(
        request.ends.map(async ({ answer, ...end }, index): Promise<Answered> => {
          const part = delegation.parts[index]
          const task = part === undefined ? '' : await readText(store, part.task)
          const id = end.path.split('/').at(-1) ?? end.path
          return { ...end, id, task, ...(answer !== undefined && { answer: await readText(store, answer) }) }
        }),
      )
      const call = integratorCall(under(delegation.path, INTEGRATE_ITEM), assignment, parts)
      const { pages, items } = await storePages(store, root, [{ call }], assignment.timeoutSeconds, worstOfStored)
      const body = integrated === undefined ? together(parts) : await readText(store, integrated)
      const answer = await keepText(store, root, `${body}${missing(parts)}`, inlineBytes)
      return { page: pages[0] as string, item: items[0] as PlannedItem, answer }
    })
  }
}

function together(parts: Answered[]): string {
  const answered = parts.filter(({ answer }) => answer !== undefined)
  const sections = answered.map(
    ({ id, status, answer }) => `## ${id}${status === 'ok' ? '' : ` (${status})`}\n\n${answer}`,
  )
  return ['*The answers of the parts one after the other: no call integrated them.*', ...sections].join('\n\n')
}

function missing(parts: Answered[]): string {
  const lines = parts.flatMap(({ id, status, note }) =>
    status === 'ok' ? [] : [`- **${id}**: ${status}${note === undefined ? '' : `: ${note}`}`],
  )
  return lines.length === 0 ? '' : `\n\n---\nWithout a whole answer:\n${lines.join('\n')}\n`
}
