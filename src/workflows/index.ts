// The workflows of the bundle: an export here is a workflow type. Where workers have versions, a run ends on the code it
// began with (the worker's default); what outlives a deployment goes on with the newest, which changes by `patched`.
import { setWorkflowOptions } from '@temporalio/workflow'
import { stream } from './stream.js'
import { thread } from './thread.js'

export { delegate } from './delegate.js'
export { documents } from './documents.js'
export { parallel } from './parallel.js'
export { review } from './review.js'
export { stream } from './stream.js'
export { thread } from './thread.js'

setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, stream)
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, thread)
