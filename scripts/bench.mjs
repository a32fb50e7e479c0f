// `npm run bench [figure …]`: set-up, then the figures of README, one JSON line each.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main, must } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

await main(async () => {
  await setUp()
  const program = await temporalProgram()
  await must(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'bench')], {
    cwd: root,
  })
  const built = join(root, 'node_modules/.cache/ensemble-bench/main.js')
  // The figures are the output.
  await must(process.execPath, [built, program, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
  return 0
})
