// Checks the simulator with clients that are not ours: the Python SDK and the Claude Agent SDK. Both are installed, at
// the versions named here, into a cache of their own; the second is large and no dependency of this project. What is
// missing is named, nothing is skipped.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { checkAgentSdk } from '../test/foreign/agent-client.mjs'
import { agentSdk } from './agent-sdk.mjs'

const PYTHON_SDK = '2.11.0'

const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ensemble', 'foreign')

function fail(message) {
  process.stderr.write(`test:foreign: ${message}\n`)
  process.exit(1)
}

function run(command, args, missing, env = process.env) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env })
  if (error || status !== 0) fail(`${missing} (${command} ${args.join(' ')}: ${error?.message ?? `exit ${status}`})`)
}

function pythonClient() {
  const venv = join(cache, `python-${PYTHON_SDK}`)
  const python = join(venv, 'bin', 'python')
  const present = () => spawnSync(python, ['-c', 'import anthropic']).status === 0
  if (present()) return python
  run('python3', ['-m', 'venv', '--clear', venv], 'wants the packages python3 and python3-venv')
  run(
    python,
    ['-m', 'pip', 'install', '--quiet', `anthropic==${PYTHON_SDK}`],
    'cannot install the Python package anthropic',
  )
  if (!present()) fail('the Python package anthropic was installed but cannot be imported')
  return python
}

async function main() {
  const simulator = join(root, 'dist', 'simulator', 'main.js')
  if (!existsSync(simulator)) fail('dist/simulator/main.js is missing: run `npm run build` first')
  const python = pythonClient()
  const sdk = await agentSdk()
  const child = spawn(process.execPath, [simulator, '--latency', 'none'], { stdio: ['ignore', 'pipe', 'inherit'] })
  process.on('exit', () => child.kill())
  const [line] = await once(createInterface(child.stdout), 'line')
  const { url } = JSON.parse(line)
  const env = { ...process.env, SIMULATOR_URL: url }
  run(python, [join(root, 'test', 'foreign', 'python_client.py')], 'the Python SDK and the simulator disagree', env)
  await checkAgentSdk({ url, installed: sdk })
  process.exit(0)
}

await main()
