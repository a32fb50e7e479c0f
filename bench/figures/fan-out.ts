// A fan-out against the ideal and against bare activities: 200 calls of 2 s at concurrency 100, and calls of no length.
import { median, print, round } from '../figure.js'
import type { BenchStage } from '../stage.js'

const PAIRS = 5

export async function fanOut(stage: BenchStage): Promise<void> {
  await stage.rules([{ reply: { text: 'done', delayMs: 2000 } }])
  const slow = await pairs(stage, 200, 100)
  print({
    figure: '200 calls of 2 s at concurrency 100: time / ideal 4.0 s',
    value: round(slow.ours / 4000),
    unit: 'ratio',
    wanted: 1.2,
    bound: 'most',
    baseline: { 'bare activities / ideal': round(slow.bare / 4000) },
  })
  print({
    figure: '200 calls of 2 s at concurrency 100: time / bare activities',
    value: round(slow.ratio),
    unit: 'ratio',
    wanted: 1.08,
    bound: 'most',
    baseline: { 'bare activities, s': round(slow.bare / 1000) },
  })
  await stage.rules([{ reply: { text: 'done' } }])
  const calls = 500
  const fast = await pairs(stage, calls, 50)
  print({
    figure: `sustained calls/s (${calls} calls of 0 ms, concurrency 50) / bare activities`,
    value: round(1 / fast.ratio),
    unit: 'ratio',
    wanted: 0.8,
    bound: 'least',
    baseline: {
      'ours, calls/s': round((calls * 1000) / fast.ours, 1),
      'bare, calls/s': round((calls * 1000) / fast.bare, 1),
    },
  })
}

/** In turn, so that a machine that changes its speed changes it for both; ratio pair by pair. */
async function pairs(stage: BenchStage, calls: number, concurrency: number) {
  const ours: number[] = []
  const bare: number[] = []
  await timeOurs(stage, Math.min(calls, 100), concurrency)
  await timeBare(stage, Math.min(calls, 100), concurrency)
  for (let pair = 0; pair < PAIRS; pair++) {
    ours.push(await timeOurs(stage, calls, concurrency))
    bare.push(await timeBare(stage, calls, concurrency))
  }
  return { ours: median(ours), bare: median(bare), ratio: median(ours.map((time, index) => time / (bare[index] ?? 1))) }
}

async function timeOurs(stage: BenchStage, calls: number, concurrency: number): Promise<number> {
  const items = prompts(calls).map((prompt) => ({ prompt }))
  return time(stage, 'parallel', 'ensemble', { items, concurrency, confirm: 'never' })
}

async function timeBare(stage: BenchStage, calls: number, concurrency: number): Promise<number> {
  return time(stage, 'bare', 'bare', { prompts: prompts(calls), concurrency })
}

let runs = 0
async function time(stage: BenchStage, workflow: string, taskQueue: string, input: unknown): Promise<number> {
  const began = performance.now()
  await stage.client.workflow.execute(workflow, {
    taskQueue,
    workflowId: `bench-${process.pid}-${++runs}`,
    args: [input],
  })
  return performance.now() - began
}

function prompts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `question ${index} of this run`)
}
