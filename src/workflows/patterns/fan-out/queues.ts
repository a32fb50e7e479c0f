// Which item may start next. Items that share a cached text form a group: one leads, the others wait until the cache can
// be read, the leader has ended, or ten seconds have passed. A leader answered from the journal wrote no cache, so it
// hands the role on.
import { CancellationScope, condition } from '@temporalio/workflow'
import { stepOf } from '../../../contracts/call.js'
import type { Plan, PlannedItem } from '../../../contracts/plan.js'
import { changed, type Run } from '../run/run.js'

/** A slow leader must not cost more time than the cache saves money. */
const LEAD_MS = 10_000

type Group = { key: string; pending: PlannedItem[]; leader?: PlannedItem }

export type Queues = {
  take(): { item: PlannedItem; leads: boolean } | undefined
  /** A leader's cache can be read. */
  ready(step: unknown): void
  ended(item: PlannedItem, reused: boolean): void
  /** Takes everything that has not started. */
  drain(): PlannedItem[]
  empty(): boolean
}

/** @param released groups whose siblings need not wait; those released here are added. */
export function queuesOf(run: Run, plan: Plan, items: PlannedItem[], released: Set<string>): Queues {
  const free: PlannedItem[] = []
  const groups = new Map<string, Group>()
  for (const item of items) {
    const key = groupOf(plan, item)
    const group = key === undefined ? undefined : groups.get(key)
    if (key === undefined || released.has(key)) free.push(item)
    else if (group) group.pending.push(item)
    else groups.set(key, { key, pending: [item] })
  }
  // Taken from the end, which costs the same for two thousand items as for two.
  free.reverse()
  const release = (group: Group) => {
    if (!groups.delete(group.key)) return
    released.add(group.key)
    free.unshift(...group.pending.reverse())
    changed(run)
  }
  const lead = (group: Group): PlannedItem | undefined => {
    const leader = group.pending.shift()
    if (!leader) return undefined
    group.leader = leader
    const settled = () => run.stopped || group.leader !== leader || released.has(group.key)
    // Not cancellable: nobody waits for it, so its cancellation would be an error that nobody handles.
    void CancellationScope.nonCancellable(() =>
      condition(settled, LEAD_MS, { summary: `cache of ${leader.id.slice(0, 60)}` }),
    ).then((inTime) => {
      if (!inTime) release(group)
    })
    return leader
  }
  return {
    take() {
      const item = free.pop()
      if (item) return { item, leads: false }
      for (const group of groups.values()) {
        const leader = group.leader ? undefined : lead(group)
        if (leader) return { item: leader, leads: true }
      }
      return undefined
    },
    ready(step) {
      for (const group of groups.values()) if (group.leader && stepOf(group.leader.id) === step) release(group)
    },
    ended(item, reused) {
      for (const group of groups.values()) {
        if (group.leader !== item) continue
        if (!reused || group.pending.length === 0) release(group)
        else delete group.leader
      }
    },
    drain() {
      const rest = [...free.reverse(), ...[...groups.values()].flatMap((group) => group.pending)]
      free.length = 0
      groups.clear()
      return rest
    },
    empty: () => free.length === 0 && [...groups.values()].every((group) => group.pending.length === 0),
  }
}

/** Items with the same shared text and model read the same cache entry. */
function groupOf(plan: Plan, item: PlannedItem): string | undefined {
  if (item.shared === undefined || !plan.shared[item.shared]?.cachedFor.includes(item.model)) return undefined
  return `${item.shared} ${item.model}`
}
