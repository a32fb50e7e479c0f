// `npm run test:agent-sdk`: the engine `agent-sdk` with the real Claude Agent SDK and its program, against the simulator. The
// package is installed into a cache of its own first; without it this fails, nothing is skipped.
import { agentSdk } from './agent-sdk.mjs'
import { main } from './run.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

await main(async () => {
  await setUp()
  const directory = await agentSdk()
  const tests = ['--project=agent-sdk', ...process.argv.slice(2)]
  return vitest(tests, await temporalProgram(), { ENSEMBLE_TEST_AGENT_SDK: directory })
})
