// Readers look at every document at once; code checks what they quote, one more call a question combines what they found.
// Without that call their answers stand, and the run says "partial".
import type { DocumentsResult } from '../contracts/documents.js'
import type { DocumentsInput } from '../contracts/schemas/index.js'
import { answerOf } from './patterns/documents/answer-of.js'
import { fanOut } from './patterns/fan-out/fan-out.js'
import { showProgress } from './patterns/page/progress.js'
import { conclude, toItsEnd } from './patterns/run/conclude.js'
import { continuedFrom, type Input } from './patterns/run/continuation.js'
import { planned } from './patterns/run/planned.js'
import { openRun } from './patterns/run/run.js'
import { steer } from './patterns/run/steering.js'

export async function documents(input: Input<DocumentsInput>): Promise<DocumentsResult> {
  const continued = continuedFrom(input)
  const run = openRun('documents', continued)
  steer(run)
  showProgress(run)
  return toItsEnd(run, async () => {
    const plan = continued?.plan ?? (await planned(run, 'documents', input))
    if (!plan) return conclude(run)
    await fanOut(run, plan)
    return conclude(run, await answerOf(run, plan))
  })
}
