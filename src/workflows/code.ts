// A coding task for a team: one model plans it, a person approves plan and price, agents work side by side in trees of
// their own, a person approves the work, and the branch gets all of it in one step or nothing.
import type { CodeResult } from '../contracts/code.js'
import type { CodeInput } from '../contracts/schemas/index.js'
import { audited } from './patterns/agent/audited-run.js'
import { codeResult } from './patterns/code/finished.js'
import { codeOf, planningCode } from './patterns/code/planning.js'
import { undoneResult } from './patterns/code/undone.js'
import { showProgress } from './patterns/page/progress.js'
import { conclude, toItsEnd } from './patterns/run/conclude.js'
import { planned } from './patterns/run/planned.js'
import { openRun } from './patterns/run/run.js'
import { steer } from './patterns/run/steering.js'

export async function code(input: CodeInput): Promise<CodeResult> {
  const run = openRun('code', undefined)
  run.takesNotes = true
  steer(run)
  showProgress(run)
  return toItsEnd(run, async () => {
    const accepted = await planned(run, 'code', input, planningCode(run))
    if (!accepted) return conclude(run)
    const plan = codeOf(accepted)
    const { root, code } = plan
    return audited(run, { root, kept: code.audit }, () => (code.undo ? undoneResult(run, plan) : codeResult(run, plan)))
  })
}
