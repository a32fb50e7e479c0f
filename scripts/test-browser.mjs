// `npm run test:browser`: the tests that drive the Web UI with the system's Chromium. Without that it fails and names the
// package; it never skips.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Failed, main } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

await main(async () => {
  process.env.CHROMIUM = findChromium()
  await setUp()
  return vitest(['--project=browser', ...process.argv.slice(2)], await temporalProgram())
})

function findChromium() {
  const directories = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const paths = directories.flatMap((directory) => [join(directory, 'chromium'), join(directory, 'chromium-browser')])
  // Where Debian puts it, for a PATH that leaves that out.
  const found = [...paths, '/usr/bin/chromium'].find(isExecutable)
  if (found) return found
  throw new Failed(
    'test:browser found no chromium on PATH and no /usr/bin/chromium; wanted: the Debian package "chromium" (scripts/system-packages installs it)',
    1,
  )
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
