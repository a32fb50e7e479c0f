// What a run is measured against: the same fan-out with nothing around it.
import { proxyActivities } from '@temporalio/workflow'
import type { BareActivities } from './activities.js'

const { bareCall } = proxyActivities<BareActivities>({ startToCloseTimeout: '2 minutes' })

export async function bare({ prompts, concurrency }: { prompts: string[]; concurrency: number }): Promise<string[]> {
  const results: string[] = []
  let next = 0
  const lane = async () => {
    while (next < prompts.length) {
      const at = next++
      results[at] = await bareCall(prompts[at] ?? '')
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, prompts.length) }, lane))
  return results
}
