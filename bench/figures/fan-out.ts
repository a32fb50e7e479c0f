// A fan-out against the ideal and against bare activities: 200 calls of 2 s at concurrency 100, and calls of no length.
import { median, print, round } from '../figure.js'
import type { BenchStage } from '../stage.js'

const PAIRS = 5
const SUSTAINED = 1000

export async function fanOut(stage: BenchStage): Promise<void> {
  await stage.rules([{ reply: { text: 'done', delayMs: 2000 } }])
  const slow = await pairs(stage, 200, 100, milliseconds)
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
  const fast = await pairs(stage, SUSTAINED, 50, rate)
  print({
    figure: `sustained calls/s (${SUSTAINED} calls of 0 ms, concurrency 50) / bare activities`,
    value: round(fast.ratio),
    unit: 'ratio',
    wanted: 0.8,
    bound: 'least',
    baseline: { 'ours, calls/s': round(fast.ours, 1), 'bare, calls/s': round(fast.bare, 1) },
  })
}

type Measure = (stage: BenchStage, workflow: string, taskQueue: string, input: unknown) => Promise<number>

/** In turn, so that a machine that changes its speed changes it for both; ratio pair by pair. */
async function pairs(stage: BenchStage, calls: number, concurrency: number, measure: Measure) {
  const prompts = Array.from({ length: calls }, (_, index) => `question ${index} of this run`)
  const items = prompts.map((prompt) => ({ prompt }))
  const ours = () => measure(stage, 'parallel', 'ensemble', { items, concurrency, confirm: 'never' })
  const bare = () => measure(stage, 'bare', 'bare', { prompts, concurrency })
  await ours()
  await bare()
  const measured: { ours: number; bare: number }[] = []
  for (let pair = 0; pair < PAIRS; pair++) measured.push({ ours: await ours(), bare: await bare() })
  return {
    ours: median(measured.map((pair) => pair.ours)),
    bare: median(measured.map((pair) => pair.bare)),
    ratio: median(measured.map((pair) => pair.ours / pair.bare)),
  }
}

let runs = 0
/** From the start of the run to its result. */
async function milliseconds(stage: BenchStage, workflow: string, taskQueue: string, input: unknown): Promise<number> {
  const began = performance.now()
  const workflowId = `bench-${process.pid}-${++runs}`
  await stage.client.workflow.execute(workflow, { taskQueue, workflowId, args: [input] })
  return performance.now() - began
}

/** Calls a second between the first and the last request, as the model server saw them. */
async function rate(stage: BenchStage, workflow: string, taskQueue: string, input: unknown): Promise<number> {
  await stage.reset()
  await milliseconds(stage, workflow, taskQueue, input)
  const arrivals = (await stage.journal()).requests.map((request) => request.at)
  return ((arrivals.length - 1) * 1000) / (Math.max(...arrivals) - Math.min(...arrivals))
}
