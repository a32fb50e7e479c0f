// How long people wait for a worker and for the command line, and what five hundred waiting runs weigh.
import { spawnSync } from 'node:child_process'
import { median, print, round } from '../figure.js'
import { memory } from '../memory.js'
import type { BenchStage } from '../stage.js'

const WAITING = 500

export async function starting(stage: BenchStage): Promise<void> {
  const ready: number[] = []
  for (let start = 0; start < 5; start++) {
    const worker = await stage.startWorker()
    ready.push(worker.readyMs)
    await worker.stop()
  }
  print({
    figure: 'worker ready with the prebuilt bundle',
    value: round(median(ready) / 1000),
    unit: 's',
    wanted: 1.2,
    bound: 'most',
  })
  const help = () => timed(['dist/cli/main.js', '--help'])
  const node = () => timed(['-e', '0'])
  const times = Array.from({ length: 9 }, () => ({ help: help(), node: node() }))
  print({
    figure: 'ensemble --help',
    value: round(median(times.map((time) => time.help)), 0),
    unit: 'ms',
    wanted: 200,
    bound: 'most',
    baseline: { 'node alone, ms': round(median(times.map((time) => time.node)), 0) },
  })
}

export async function waitingRuns(stage: BenchStage): Promise<void> {
  const worker = await stage.startWorker()
  const empty = memory(worker.pid)
  const ids = Array.from({ length: WAITING }, (_, index) => `waiting-${process.pid}-${index}`)
  for (let at = 0; at < ids.length; at += 25) {
    await Promise.all(ids.slice(at, at + 25).map((workflowId) => startAndReach(stage, workflowId)))
  }
  print({
    figure: `worker memory with ${WAITING} runs waiting for approval`,
    value: memory(worker.pid),
    unit: 'MB',
    wanted: 400,
    bound: 'most',
    baseline: { 'the same worker empty, MB': empty },
  })
  await worker.stop()
}

export async function startAndReach(stage: BenchStage, workflowId: string): Promise<void> {
  const args = [{ items: [{ prompt: 'one question' }], confirm: 'always' }]
  const handle = await stage.client.workflow.start('parallel', { taskQueue: 'ensemble', workflowId, args })
  for (;;) {
    const { memo } = await handle.describe()
    if (memo?.status === 'waiting') return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function timed(args: string[]): number {
  const began = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} exited with ${status}`)
  return performance.now() - began
}
