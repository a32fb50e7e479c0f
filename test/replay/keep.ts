// Histories as they are kept: whoever replays them needs what happened, not who ran it and where.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { WorkflowHandle } from '@temporalio/client'
import { inject } from 'vitest'
import type { Stage } from '../support/stage.js'

const DIR = new URL('./histories/', import.meta.url)
/** Larger ones are kept compressed. */
const PLAIN_BYTES = 100_000

export function isThere(name: string): boolean {
  return existsSync(new URL(`${name}.json`, DIR)) || existsSync(new URL(`${name}.json.gz`, DIR))
}

/** Who ran it (process and host) and where (stacks) is of no use to a replay, and nobody's business. */
export async function keep(stage: Stage, name: string, { workflowId }: WorkflowHandle, runId?: string): Promise<void> {
  const args = ['workflow', 'show', '--workflow-id', workflowId, ...(runId ? ['--run-id', runId] : [])]
  const options = ['--output', 'json', '--address', stage.server.address]
  const show = promisify(execFile)(inject('temporalProgram'), [...args, ...options], { maxBuffer: 100_000_000 })
  const named = (await show).stdout.replace(/\d+@[\w.-]+/g, 'somebody')
  const history = JSON.parse(named, (key, value: unknown) => {
    if (key === 'stackTrace') return ''
    return key === 'data' && typeof value === 'string' ? elsewhere(value, stage.home) : value
  })
  const json = JSON.stringify(history, null, 2)
  if (json.length <= PLAIN_BYTES) await writeFile(new URL(`${name}.json`, DIR), json)
  else await writeFile(new URL(`${name}.json.gz`, DIR), gzipSync(JSON.stringify(history)))
}

/** A payload, base64: where the run had its files is not where a replay has them. */
function elsewhere(payload: string, home: string): string {
  const text = Buffer.from(payload, 'base64').toString('utf8')
  return text.includes(home) ? Buffer.from(text.replaceAll(home, '/stage')).toString('base64') : payload
}
