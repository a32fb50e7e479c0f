// The workflows of the bundle: an export here is a workflow type. Where workers have versions, a run ends on the code it
// began with (the worker's default); what outlives a deployment goes on with the newest, which changes by `patched`.
import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow'
import { stream } from './stream.js'
import { thread } from './thread.js'

export { account } from './account.js'
export { code } from './code.js'
export { delegate } from './delegate.js'
export { documents } from './documents.js'
export { parallel } from './parallel.js'
export { review } from './review.js'
export { stream } from './stream.js'
export { thread } from './thread.js'

/** Only a worker that has a version may name one's behaviour: from another the server takes no task at all. */
function movesOn(): { versioningBehavior?: 'AUTO_UPGRADE' } {
  return workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'AUTO_UPGRADE' } : {}
}

setWorkflowOptions(movesOn, stream)
setWorkflowOptions(movesOn, thread)
