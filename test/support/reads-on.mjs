// A program of its own that reads a run's text, to be killed like any other: `reads-on.mjs <run> [cursor]` writes each
// event as a line of JSON.
import { connect } from '../../dist/index.js'

const [id = '', cursor] = process.argv.slice(2)
const ensemble = await connect()
for await (const event of ensemble.run(id).events({ text: true, ...(cursor && { cursor: Number(cursor) }) }))
  if (event.type !== 'progress') process.stdout.write(`${JSON.stringify(event)}\n`)
await ensemble.close()
