// What a thousand conversations weigh that wait for somebody to say something, and how long one of them takes to wake.
import { setTimeout as sleep } from 'node:timers/promises'
import { median, print, round } from '../figure.js'
import { connectLibrary } from '../library.js'
import { memory } from '../memory.js'
import type { BenchStage } from '../stage.js'

const THREADS = 1000
const AT_ONCE = 25
const WOKEN = 25
/** More than a worker keeps in memory come between a thread's turn and its waking. */
const SETTLE_MS = 5000

export async function idleThreads(stage: BenchStage): Promise<void> {
  await stage.rules([{ reply: { text: 'An answer.' } }])
  const worker = await stage.startWorker()
  const ensemble = await connectLibrary(stage)
  const empty = memory(worker.pid)
  const ids = Array.from({ length: THREADS }, (_, index) => `idle-${process.pid}-${index}`)
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => ensemble.thread(id).send('Good morning.')))
  }
  await sleep(SETTLE_MS)
  print({
    figure: `worker memory with ${THREADS} idle threads`,
    value: memory(worker.pid),
    unit: 'MB',
    wanted: 300,
    bound: 'most',
    baseline: { 'the same worker empty, MB': empty },
  })
  // The oldest have long been evicted; each is asked twice, so that its second answer comes from a warm one.
  const times: { woken: number; warm: number }[] = []
  for (const id of ids.slice(0, WOKEN)) {
    const thread = ensemble.thread(id)
    const ask = async () => {
      const began = performance.now()
      await thread.send('Are you still there?')
      return performance.now() - began
    }
    times.push({ woken: await ask(), warm: await ask() })
  }
  print({
    figure: 'waking an idle thread: send → reply through the library, 0 ms model, median',
    value: round(median(times.map(({ woken }) => woken)), 0),
    unit: 'ms',
    wanted: 300,
    bound: 'most',
    baseline: {
      'a warm thread, ms': round(median(times.map(({ warm }) => warm)), 0),
      'slowest waking, ms': round(Math.max(...times.map(({ woken }) => woken)), 0),
    },
  })
  await ensemble.close()
  await worker.stop()
}
