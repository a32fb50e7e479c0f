// Tool calls are judged with the answer that asks for them; by an activity of their own where people's hooks or a handler
// have a say, and where a person wrote other arguments.
import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../../../activities/index.js'

export const judging = proxyActivities<Pick<Activities, 'judgeCalls'>>({
  // Hooks have time-outs of their own, and follow each other.
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
  summary: 'permissions',
})
