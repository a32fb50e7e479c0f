// Another language needs nothing of ours: Temporal's Python SDK starts `parallel`, approves its plan, reads the result.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from '../support/stage.js'

const CLIENT = fileURLToPath(new URL('../../examples/python/client.py', import.meta.url))
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

it('a Python client starts a run, approves exactly its plan, and prints what was answered', async () => {
  const python = process.env.ENSEMBLE_TEST_PYTHON
  if (python === undefined) throw new Error('ENSEMBLE_TEST_PYTHON is not set: this test is run by npm run test:python')
  const { stdout } = await promisify(execFile)(python, [CLIENT], { env: { TEMPORAL_ADDRESS: stage.server.address } })
  expect(stdout).toMatch(/^sky ok .*SIMULATED/m)
  expect(stdout).toMatch(/^sea ok .*SIMULATED/m)
  expect(stage.simulator.journal().posts).toBe(2)
})
