// What a run is measured against: the same fan-out with nothing around it.
import { proxyActivities } from '@temporalio/workflow'
import type { BareActivities } from './activities.js'

const { bareCall, bareTool } = proxyActivities<BareActivities>({ startToCloseTimeout: '2 minutes' })

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

/** An agent's loop with nothing around it: a call, then its tools at once, one step after the other. */
export async function bareAgent({ steps, files }: { steps: number; files: string[] }): Promise<void> {
  for (let step = 1; step <= steps; step++) {
    await bareCall(`step ${step}`)
    if (step < steps) await Promise.all(files.map((file) => bareTool(file)))
  }
}
