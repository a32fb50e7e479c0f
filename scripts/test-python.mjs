// `npm run test:python`: the Python example with Temporal's own SDK, which is installed, at the version named here, into a
// cache of its own. What is missing is named, nothing is skipped.
import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failed, main, must } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

const TEMPORAL_SDK = '1.35.0'
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ensemble', 'foreign')

await main(async () => {
  const python = await pythonWithSdk()
  await setUp()
  return vitest(['--project=python', ...process.argv.slice(2)], await temporalProgram(), {
    ENSEMBLE_TEST_PYTHON: python,
  })
})

async function pythonWithSdk() {
  const venv = join(cache, `temporal-python-${TEMPORAL_SDK}`)
  const python = join(venv, 'bin', 'python')
  const present = () => spawnSync(python, ['-c', 'import temporalio.client']).status === 0
  if (present()) return python
  await must('python3', ['-m', 'venv', '--clear', venv]).catch((error) => {
    throw new Failed(`test:python wants the packages python3 and python3-venv (${error.message})`, 1)
  })
  await must(python, ['-m', 'pip', 'install', '--quiet', `temporalio==${TEMPORAL_SDK}`])
  if (!present()) throw new Failed('the Python package temporalio was installed but cannot be imported', 1)
  return python
}
