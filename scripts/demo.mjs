// `npm run demo`: set-up, then the demo with this terminal.
import { fileURLToPath } from 'node:url'
import { main, run } from './run.mjs'
import { setUp } from './setup.mjs'

await main(async () => {
  await setUp()
  return run(process.execPath, [
    fileURLToPath(new URL('../dist/cli/demo.js', import.meta.url)),
    ...process.argv.slice(2),
  ])
})
