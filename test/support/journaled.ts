// What the journal on disk holds of a run: whether an item's answer is paid for is decided there, and nowhere else.
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { stepOf } from '../../src/contracts/call.js'
import { hashName } from '../../src/storage/record.js'
import { rootPath } from '../../src/storage/root-directory.js'
import { readStep } from '../../src/storage/step-record.js'
import type { Stage } from './stage.js'

/** Of these items, those whose answer is written down by now. */
export async function journaled(stage: Stage, handle: WorkflowHandle, items: string[]): Promise<Set<string>> {
  const { workflowId } = handle
  const firstRunId = (await handle.describe()).raw.workflowExecutionInfo?.firstRunId
  if (!firstRunId) throw new Error(`${workflowId} has no first run`)
  const root = rootPath(join(stage.home, 'store'), { workflowId, firstRunId })
  const answered = await Promise.all(
    items.map(async (id) => (await readStep(join(root, 'steps', hashName(stepOf(id))))).answers.length > 0),
  )
  return new Set(items.filter((_, at) => answered[at]))
}
