// A coding run as a person drives it: looks at what is asked, answers by its digest.
import type { WorkflowHandle } from '@temporalio/client'
import type { CodeResult } from '../../src/contracts/code.js'
import { type Approval, approve, reject, revise } from '../../src/contracts/messages.js'
import { resultOf } from './run-result.js'
import type { Stage } from './stage.js'
import { until } from './until.js'

const SECONDS = 100

export type CodeRun = {
  handle: WorkflowHandle
  /** Waits until this is asked. */
  asked(name: string): Promise<Approval>
  approve(name: string): Promise<Approval>
  reject(name: string, note?: string): Promise<void>
  revise(name: string, change: object): Promise<void>
  log(): Promise<string[]>
  result(): Promise<CodeResult>
}

export async function startCode(
  stage: Stage,
  input: { task: string; repo: string; [field: string]: unknown },
): Promise<CodeRun> {
  return followCode(stage, await stage.start('code', { allowUnsandboxed: true, ...input }))
}

export function followCode(stage: Stage, handle: WorkflowHandle): CodeRun {
  let ended: string | undefined
  const result = resultOf(handle) as Promise<CodeResult>
  result.then(
    ({ status }) => {
      ended = status
    },
    (error: unknown) => {
      ended = String(error)
    },
  )
  const asked = (name: string) =>
    until(
      `${handle.workflowId} to ask about ${name}`,
      async () => {
        if (ended !== undefined) throw new Error(`the run ended (${ended}) without asking about ${name}`)
        const status = await stage.status(handle)
        return status.approvals.find((one) => one.name === name && !one.answer)
      },
      // All of its agents work before.
      SECONDS,
    )
  const send = async (name: string, signal: typeof approve, more: object = {}) => {
    const question = await asked(name)
    await handle.signal(signal, { digest: question.digest, by: 'north', ...more })
    return question
  }
  return {
    handle,
    asked,
    approve: (name) => send(name, approve),
    async reject(name, note) {
      await send(name, reject, note === undefined ? {} : { note })
    },
    async revise(name, change) {
      await send(name, revise, change)
    },
    log: async () => (await stage.status(handle)).log?.map(({ line }) => line) ?? [],
    result: () => result,
  }
}
