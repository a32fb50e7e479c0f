// `npm run test:faults`: what must be survived, with real processes killed and servers that go away. `npm run soak` runs the
// same tests at full length. Arguments go to vitest: `npm run test:faults -- answers -t storm`.
import { main } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

await main(async () => {
  await setUp()
  return vitest(['--project=faults', ...process.argv.slice(2)], await temporalProgram())
})
