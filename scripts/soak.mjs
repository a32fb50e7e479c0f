// `npm run soak`: the fault tests at full length, with outages of minutes and answers of 60 MB, and ten thousand paths that
// lead nowhere good; `npm run test:faults` and `npm test` run the same tests shorter.
import { main } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

const TEN_MINUTES = 600_000

await main(async () => {
  await setUp()
  // Named ones are among the fault tests.
  const named = process.argv.slice(2)
  const all = ['--project=unit', 'test/system/faults', 'test/unit/tools/escape.test.ts']
  const args = ['--project=faults', `--testTimeout=${TEN_MINUTES}`, ...(named.length > 0 ? named : all)]
  return vitest(args, await temporalProgram(), { ENSEMBLE_SOAK: '1' })
})
