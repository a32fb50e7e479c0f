// node start.js TOPIC: starts a run, answers its question, prints what it returns.
import { connect } from 'ensemble'

const ensemble = await connect()
const run = await ensemble.startOwn('research', { topic: process.argv[2] ?? 'tea' }, { taskQueue: 'research' })
console.error(`run ${run.id}`)
for await (const event of run.events()) {
  if (event.type === 'item') console.error(`${event.item.id}: ${event.item.status}`)
  if (event.type !== 'approval') continue
  console.error(event.title, event.own?.details)
  await run.approve({ digest: event.digest, by: 'start.js', input: { side: 1, title: 'A first look' } })
}
const { status, usd, output } = await run.result()
console.log(JSON.stringify({ status, usd, output }))
await ensemble.close()
