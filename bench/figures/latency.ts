// What one more item costs inside a running run, at twenty a second, against one bare activity: the time from the
// arrival of one request at the model server to that of the next in a chain of calls, so that only the way between counts.
import { percentile, print, round } from '../figure.js'
import type { BenchStage } from '../stage.js'

const CALLS = 300
/** One after another at concurrency 1 with this answer time is twenty items a second. */
const DELAY_MS = 40

export async function latency(stage: BenchStage): Promise<void> {
  await stage.rules([{ reply: { text: 'done', delayMs: DELAY_MS } }])
  const items = Array.from({ length: CALLS }, (_, index) => ({ prompt: `item ${index}` }))
  const ours = await gaps(stage, 'parallel', 'ensemble', { items, concurrency: 1, confirm: 'never' })
  const bare = await gaps(stage, 'bare', 'bare', { prompts: items.map((item) => item.prompt), concurrency: 1 })
  for (const [p, wanted] of [
    [50, 10],
    [95, 30],
  ] as const) {
    print({
      figure: `an item inside a running run: added latency p${p}`,
      value: round(percentile(ours, p) - percentile(bare, p), 1),
      unit: 'ms',
      wanted,
      bound: 'most',
      baseline: {
        [`bare activity p${p}, ms`]: round(percentile(bare, p), 1),
        [`ours p${p}, ms`]: round(percentile(ours, p), 1),
      },
    })
  }
}

/** Milliseconds between an answer's end and the next request's arrival. */
async function gaps(stage: BenchStage, workflow: string, taskQueue: string, input: unknown): Promise<number[]> {
  await stage.reset()
  await stage.client.workflow.execute(workflow, {
    taskQueue,
    workflowId: `latency-${workflow}-${process.pid}`,
    args: [input],
  })
  const { requests } = await stage.journal()
  const ordered = requests.filter((request) => request.endedAt !== undefined).sort((a, b) => a.at - b.at)
  return ordered.slice(1).map((request, index) => request.at - (ordered[index]?.endedAt ?? 0))
}
