// From the signal to the last closed request, seen at the model server, with fifty requests in mixed phases.
import { percentile, print, round } from '../figure.js'
import type { BenchStage } from '../stage.js'

const RUNS = 8
const REQUESTS = 50

export async function interruption(stage: BenchStage): Promise<void> {
  await stage.rules([{ reply: { bytes: 20_000, text: 'word ', delayMs: 60_000, firstTokenMs: 500 } }])
  const worst: number[] = []
  for (let run = 0; run < RUNS; run++) {
    await stage.reset()
    const items = Array.from({ length: REQUESTS }, (_, index) => ({ prompt: `part ${index} of ${run}` }))
    const handle = await stage.client.workflow.start('parallel', {
      taskQueue: 'ensemble',
      workflowId: `interrupt-${process.pid}-${run}`,
      args: [{ items, concurrency: REQUESTS, confirm: 'never' }],
    })
    while ((await stage.journal()).inFlight < REQUESTS) await pause(50)
    await pause(300 + run * 130)
    const sent = Date.now()
    await handle.signal('interrupt')
    while ((await stage.journal()).inFlight > 0) await pause(20)
    const { requests } = await stage.journal()
    worst.push(...requests.map((request) => (request.endedAt ?? Date.now()) - sent))
    await handle.result()
  }
  print({
    figure: 'interrupt → each of 50 requests closed, p95',
    value: round(percentile(worst, 95), 0),
    unit: 'ms',
    wanted: 1000,
    bound: 'most',
    baseline: { p50: round(percentile(worst, 50), 0), max: Math.max(...worst) },
  })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
