// A command that uses the local room, as a process of its own: brings up what its options say, prints what it got, and
// waits on standard input for "worker", "server" or "stop".
import { createInterface } from 'node:readline'
import { loadConfig } from '../../dist/config/index.js'
import { bringUp } from '../../dist/local/index.js'

const print = (value) => console.log(JSON.stringify(value))
const say = (line) => console.error(line)
try {
  const up = await bringUp({ config: loadConfig(), say, ...JSON.parse(process.argv[2]) })
  const seen = () => ({
    address: up.address,
    ours: up.ours,
    webUrl: up.webUrl,
    simulatorUrl: up.simulatorUrl,
    workers: up.workers.map(({ pid }) => pid),
  })
  print(seen())
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'worker') await up.startWorker()
    if (line === 'stop') break
    print(seen())
  }
  await up.stop()
  process.exit(0)
} catch (error) {
  print({ error: error.message, name: error.name })
  process.exit(1)
}
