// One call is one activity: a stored request, asked through the journal, read as text or as the output it asked for.
import type { CallOutcome, CallRequest } from '../../contracts/call.js'
import type { Attempt } from '../../storage/journal.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepJson, keepText } from '../texts.js'
import { type Answer, isAnswer, readAnswer } from './answer.js'
import type { CallDeps } from './deps.js'
import { buildRequest, type StoredCall } from './request.js'
import { lostWarning, spentBy } from './spent.js'
import { sameServer, throughJournal } from './through-journal.js'

export function createCallClaude(deps: CallDeps) {
  return async function callClaude(request: CallRequest): Promise<CallOutcome> {
    await sameServer(deps.claude, request.server)
    return readableStorageErrors(async () => {
      const call = await deps.requests.call(request.page, request.index)
      const shared = request.shared && (await deps.requests.shared(request.shared.ref))
      const asked = await throughJournal<Answer>(deps, {
        request,
        item: call.id,
        model: call.model,
        digest: digestOf([call, request.shared?.ref ?? null, request.server]),
        build: () => buildRequest(call, shared && request.shared && { ...request.shared, blocks: shared }),
        read: ({ content, stopReason, refusal }) =>
          readAnswer(
            { content, stopReason },
            {
              wantsOutput: call.output !== undefined,
              ...(call.output && { schema: call.output }),
              maxTokens: call.maxTokens,
              ...(refusal && { refusal }),
            },
          ),
        keep: async (answer) => answer,
        isKept: isAnswer,
      })
      if (asked.kind === 'interrupted') return interrupted(deps, request, asked.attempts, asked.partial)
      return answered(deps, request, call, asked)
    })
  }
}

async function answered(
  { store }: CallDeps,
  { root, run, step, inlineBytes }: CallRequest,
  call: StoredCall,
  { kept: answer, attempts, reused }: { kept: Answer; attempts: Attempt[]; reused: boolean },
): Promise<CallOutcome> {
  const reading = readAnswer(answer, { wantsOutput: call.output !== undefined, maxTokens: call.maxTokens })
  if ('failure' in reading) throw new Error(`the journal holds an unusable answer for ${step}: ${reading.message}`)
  const { lost, ...spent } = spentBy(run, attempts)
  return {
    kind: 'answered',
    ...spent,
    text: await keepText(store, root, reading.text, inlineBytes),
    ...(reading.output !== undefined && { output: await keepJson(store, root, reading.output, inlineBytes) }),
    warnings: [...answer.warnings, ...lostWarning(lost)],
    reused,
  }
}

async function interrupted(
  { store }: CallDeps,
  { root, run, inlineBytes }: CallRequest,
  attempts: Attempt[],
  partial: string,
): Promise<CallOutcome> {
  const { lost, ...spent } = spentBy(run, attempts)
  return {
    kind: 'interrupted',
    ...spent,
    ...(partial !== '' && { partial: await keepText(store, root, partial, inlineBytes) }),
    warnings: lostWarning(lost),
  }
}
