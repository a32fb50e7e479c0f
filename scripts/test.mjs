// `npm test`: set-up, then all tests that need Node, git and a server. Arguments go to vitest: `npm test -- test/unit/x`.

import { main } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

await main(async () => {
  await setUp()
  const others = ['browser', 'cluster', 'python'].map((name) => `--project=!${name}`)
  return vitest([...others, ...process.argv.slice(2)], await temporalProgram())
})
