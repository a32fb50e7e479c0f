// `npm run test:sandbox`: what a hostile shell command may try, in the real sandbox. Without bubblewrap it fails and names
// the package; it never skips. Debian's is older than what a worker takes, so these tests allow it by name.
import { execFileSync } from 'node:child_process'
import { Failed, main } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

await main(async () => {
  checkBubblewrap()
  await setUp()
  const args = ['--project=sandbox', ...process.argv.slice(2)]
  return vitest(args, await temporalProgram(), { ENSEMBLE_ALLOW_OLD_BUBBLEWRAP: '1' })
})

function checkBubblewrap() {
  try {
    execFileSync('bwrap', ['--ro-bind', '/', '/', 'true'], { stdio: 'pipe' })
  } catch (error) {
    throw new Failed(
      `test:sandbox cannot run bwrap (${error.stderr?.toString().trim() || error.code}); wanted: the Debian package "bubblewrap" (scripts/system-packages bubblewrap installs it), and user namespaces`,
      1,
    )
  }
}
