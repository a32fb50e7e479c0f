// Messages as both ends name them. As in the SDK for workflows, which clients would load for these three alone: that takes
// a command 10 ms and more.
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common'

export function defineSignal<Args extends unknown[]>(name: string): SignalDefinition<Args> {
  return { type: 'signal', name } as SignalDefinition<Args>
}

export function defineQuery<Ret, Args extends unknown[] = []>(name: string): QueryDefinition<Ret, Args> {
  return { type: 'query', name } as QueryDefinition<Ret, Args>
}

export function defineUpdate<Ret, Args extends unknown[]>(name: string): UpdateDefinition<Ret, Args> {
  return { type: 'update', name } as UpdateDefinition<Ret, Args>
}
