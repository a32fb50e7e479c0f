// The figures README shows. Each beside its baseline, measured in the same run on the same machine; `npm run bench NAME`
// measures some of them.
import { agents } from './figures/agents.js'
import { approvals } from './figures/approvals.js'
import { code } from './figures/code.js'
import { fanOut } from './figures/fan-out.js'
import { idleThreads } from './figures/idle-threads.js'
import { interruption } from './figures/interruption.js'
import { latency } from './figures/latency.js'
import { sharing } from './figures/sharing.js'
import { starting, waitingRuns } from './figures/start.js'
import { streams } from './figures/streams.js'
import { threads } from './figures/threads.js'
import { openStage } from './stage.js'

const withWorkers = { fanOut, latency, interruption, sharing, streams, threads, agents }
const alone = { starting, waitingRuns, idleThreads, approvals }
/** Models with latency, and simulated programmers. */
const onTheirOwn = { code }
const known = [withWorkers, alone, onTheirOwn].flatMap((figures) => Object.keys(figures))

const [temporal = '', ...names] = process.argv.slice(2)
const unknown = names.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`bench: no figure is called ${unknown.join(', ')}; wanted some of ${known.join(', ')}\n`)
  process.exit(2)
}
const wanted = (name: string) => names.length === 0 || names.includes(name)

for (const [name, measure] of Object.entries(onTheirOwn)) if (wanted(name)) await measure(temporal)
if (Object.keys({ ...alone, ...withWorkers }).some(wanted)) await measureOnOneStage()

async function measureOnOneStage(): Promise<void> {
  const stage = await openStage(temporal)
  try {
    for (const [name, measure] of Object.entries(alone)) if (wanted(name)) await measure(stage)
    if (Object.keys(withWorkers).some(wanted)) {
      const workers = [await stage.startWorker(), await stage.startBaseline()]
      for (const [name, measure] of Object.entries(withWorkers)) if (wanted(name)) await measure(stage)
      await Promise.all(workers.map((worker) => worker.stop()))
    }
  } finally {
    await stage.close()
  }
}
