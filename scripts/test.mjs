// `npm test`: set-up, then all tests that need Node, git and a server; those of faults have a command of their own.
// Arguments go to vitest: `npm test -- test/unit/x`.

import { main } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

await main(async () => {
  await setUp()
  // Named, because of several exclusions vitest takes any one.
  const projects = ['unit', 'system', 'alone'].map((name) => `--project=${name}`)
  return vitest([...projects, ...process.argv.slice(2)], await temporalProgram())
})
