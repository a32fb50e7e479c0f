// An agent that owns files tells the run it works for of each file it writes, as it does: people watch that one.
import { CancellationScope, getExternalWorkflowHandle, TemporalFailure, workflowInfo } from '@temporalio/workflow'
import type { ToolCall } from '../../../contracts/agent.js'
import { worked } from '../../../contracts/messages.js'

const WRITES = ['Write', 'Edit']

export function reportWrite({ tool, summary }: ToolCall): void {
  const { parent, workflowId } = workflowInfo()
  if (!parent || !WRITES.includes(tool)) return
  const path = summary.slice(tool.length + 1)
  const told = CancellationScope.nonCancellable(() =>
    getExternalWorkflowHandle(parent.workflowId).signal(worked, { child: workflowId, tool, path }),
  )
  told.catch((error: unknown) => {
    // A run that has just ended hears nothing any more.
    if (!(error instanceof TemporalFailure)) throw error
  })
}
