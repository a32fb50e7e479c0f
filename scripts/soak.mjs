// `npm run soak`: the fault tests at full length, with outages of minutes and answers of 60 MB; `npm run test:faults` runs
// the same tests shorter.
import { main } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

const TEN_MINUTES = 600_000

await main(async () => {
  await setUp()
  const args = ['--project=faults', `--testTimeout=${TEN_MINUTES}`, ...process.argv.slice(2)]
  return vitest(args, await temporalProgram(), { ENSEMBLE_SOAK: '1' })
})
