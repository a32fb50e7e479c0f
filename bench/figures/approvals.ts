// What it takes to see everything that waits for a person: as a library call, and as a command with all that starts it.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median, print, round } from '../figure.js'
import { connectLibrary } from '../library.js'
import type { BenchStage } from '../stage.js'
import { startAndReach } from './start.js'

const WAITING = 100
const LOOKS = 9

export async function approvals(stage: BenchStage): Promise<void> {
  const worker = await stage.startWorker()
  const ids = Array.from({ length: WAITING }, (_, index) => `asked-${process.pid}-${index}`)
  for (let at = 0; at < ids.length; at += 25)
    await Promise.all(ids.slice(at, at + 25).map((workflowId) => startAndReach(stage, workflowId)))
  const ensemble = await connectLibrary(stage)
  const library: number[] = []
  const command: number[] = []
  for (let look = 0; look < LOOKS; look++) {
    const began = performance.now()
    const open = await ensemble.approvals()
    library.push(performance.now() - began)
    if (open.length < WAITING) throw new Error(`${open.length} of ${WAITING} are listed`)
    command.push(listed())
  }
  print({
    figure: `ensemble approvals with ${WAITING} waiting, the whole command, median`,
    value: round(median(command), 0),
    unit: 'ms',
    wanted: 500,
    bound: 'most',
    baseline: { 'the library call alone, ms': round(median(library), 0) },
  })
  await ensemble.close()
  await worker.stop()
}

function listed(): number {
  const began = performance.now()
  const { status } = spawnSync(process.execPath, [join(process.cwd(), 'dist/cli/main.js'), 'approvals', '--json'], {
    stdio: 'ignore',
  })
  if (status !== 0) throw new Error(`ensemble approvals exited with ${status}`)
  return performance.now() - began
}
