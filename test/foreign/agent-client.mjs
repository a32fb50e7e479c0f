// The simulator as the Claude Agent SDK sees it: a native program with its own HTTP code, its own tools and a request of
// its own making (?beta=true). A whole tool loop must work: a tool call, a permission question, the tool's result, the
// answer. Called by scripts/test-foreign.mjs, which installs the SDK and starts the simulator.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const bash = {
  type: 'tool_use',
  name: 'Bash',
  input: { command: 'touch made && echo made-by-bash', description: 'Say a word' },
}
const rules = [
  { match: { prompt: 'made-by-bash' }, reply: { text: 'SIMULATED: the tool said made-by-bash' } },
  { match: { prompt: 'use the tool' }, reply: { blocks: [{ type: 'text', text: 'Using it.' }, bash] } },
]
/** @param {{ url: string, installed: string }} where the simulator's address, and the directory the SDK is installed in */
export async function checkAgentSdk({ url, installed }) {
  const entry = createRequire(join(installed, 'package.json')).resolve('@anthropic-ai/claude-agent-sdk')
  const { query } = await import(pathToFileURL(entry).href)
  await fetch(`${url}/_simulator/journal`, { method: 'DELETE' })
  await fetch(`${url}/_simulator/rules`, { method: 'PUT', body: JSON.stringify(rules) })

  const home = await mkdtemp(join(tmpdir(), 'agent-home-'))
  const asked = []
  let result
  for await (const message of query({
    prompt: 'Please use the tool now.',
    options: {
      cwd: home,
      model: 'claude-sonnet-5-5',
      settingSources: [],
      maxTurns: 4,
      canUseTool: async (name, input) => {
        asked.push(name)
        return { behavior: 'allow', updatedInput: input }
      },
      permissionMode: 'default',
      env: {
        PATH: process.env.PATH,
        HOME: home,
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_API_KEY: 'any',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
    },
  })) {
    if (message.type === 'result') result = message
  }
  await rm(home, { recursive: true, force: true })

  assert.equal(result?.subtype, 'success', JSON.stringify(result))
  assert.deepEqual(asked, ['Bash'])
  assert.match(result.result, /the tool said made-by-bash/)
  const journal = await fetch(`${url}/_simulator/journal`).then((response) => response.json())
  assert.ok(journal.answered >= 2, `wanted at least 2 answered requests, got ${journal.answered}`)
  assert.ok(result.usage.output_tokens > 0 && result.total_cost_usd > 0, 'usage and cost are told')
  process.stdout.write(`Claude Agent SDK: ${journal.answered} requests answered; asked about ${asked}\n`)
}
