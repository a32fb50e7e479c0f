// Replays a recorded history against today's workflow code: exit 0 when it still fits, 1 with the reason when not.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { BUNDLE_PATH, buildBundle } from './bundle.js'

/** @param history as `temporal workflow show --output json` prints it. Throws DeterminismViolationError. */
export async function replay(history: unknown, workflowId = idIn(history)): Promise<void> {
  const workflowBundle = existsSync(BUNDLE_PATH) ? { codePath: BUNDLE_PATH } : { code: await buildBundle() }
  await Worker.runReplayHistory({ workflowBundle }, history, workflowId)
}

/** Ids of children are made from it, so it belongs to what must fit. */
function idIn(history: unknown): string {
  const { events } = history as { events?: { workflowExecutionStartedEventAttributes?: { workflowId?: string } }[] }
  return events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? 'replay'
}

async function main(source: string | undefined): Promise<void> {
  if (!source) throw new Error('replay: got no history, wanted a file or - for standard input')
  const text = source === '-' ? await readStdin() : await readFile(source, 'utf8')
  await replay(JSON.parse(text))
}

async function readStdin(): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  main(process.argv[2]).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
}
