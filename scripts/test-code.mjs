// `npm run test:code`: coding runs from the request to the commits, in real repositories; each takes seconds, so they are
// no part of `npm test`. Arguments go to vitest: `npm run test:code -- troubles -t note`.
import { main } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

await main(async () => {
  await setUp()
  return vitest(['--project=code', ...process.argv.slice(2)], await temporalProgram())
})
