// Runs vitest so that no test can spend money or touch a data directory that is in use: variables that hold keys or name
// servers are taken away, and what is left points to a temporary directory.
import { mkdtempSync, rmSync } from 'node:fs'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const UNWANTED = /^(ANTHROPIC_|TEMPORAL_|ENSEMBLE_|CLAUDE_)|_API_KEY$/

/** `more`: variables the tests read. */
export async function vitest(args, temporalProgram, more = {}) {
  const home = mkdtempSync(join(tmpdir(), 'ensemble-test-'))
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !UNWANTED.test(name)))
  const env = {
    ...kept,
    ENSEMBLE_HOME: home,
    ENSEMBLE_SIMULATED: '1',
    ENSEMBLE_TEST_TEMPORAL: temporalProgram,
    TEMPORAL_CONFIG_FILE: devNull,
    ...more,
  }
  try {
    return await run(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args], {
      cwd: root,
      env,
    })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
