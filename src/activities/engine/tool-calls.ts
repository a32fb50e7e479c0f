// The tool calls of a turn, between the program that asks, the permissions that judge and the workflow that runs them.
// The program may ask for a tool before the answer that asks for it has ended; only when it stopped to use tools do they
// count, and then they are judged and run together, whatever order the program asks in.
import { Context } from '@temporalio/activity'
import type { ToolCall, ToolResult } from '../../contracts/agent.js'
import type { ContentBlock } from '../../contracts/conversation.js'
import type { EngineRequest, ModelCall } from '../../contracts/engine.js'
import type { Ref } from '../../contracts/refs.js'
import type { StoredAgent } from '../agent/definition/stored-agent.js'
import { judgeCalls } from '../agent/judge/judge.js'
import type { ActivityDeps } from '../deps.js'
import { readContents, resultBlock, toolUses } from '../thread/results.js'
import type { Exchange } from './exchange.js'
import type { Permission } from './sdk.js'
import type { ToolGave } from './tool-servers.js'

export type Asking = { request: EngineRequest; stored: StoredAgent; exchange: Exchange }

/** A step that ended: its number, its chunk, its blocks with our names, and why it stopped. */
export type Ended = {
  number: number
  chunk: Ref
  call: ModelCall
  blocks: ContentBlock[]
  stopReason: string | undefined
}

export type ToolCalls = {
  /** Its calls are judged and handed to the workflow. */
  stepEnded(step: Ended): void
  /** What the program asks before it calls a tool. */
  permission(id: string, input: Record<string, unknown>): Promise<Permission>
  /** What the tool gave. */
  gave(id: string): Promise<ToolGave>
  /** How the calls of the newest step ended, as far as they have, in the model's order. */
  results(): ToolResult[]
}

export function openToolCalls(deps: ActivityDeps, asking: Asking): ToolCalls {
  const { exchange, request } = asking
  const counted = gates()
  const verdicts = new Map<string, Promise<ToolCall[]>>()
  let newest: string[] = []
  return {
    stepEnded({ number, chunk, call, blocks, stopReason }) {
      const uses = toolUses(blocks)
      newest = []
      if (stopReason !== 'tool_use') {
        for (const { id } of uses)
          counted.refuse(String(id), 'the answer was cut off, so the arguments may be incomplete')
        return
      }
      newest = uses.map(({ id }) => String(id))
      if (newest.length === 0) return
      const judged = judgeStep(deps, asking, number, uses)
      judged.catch(() => {})
      for (const id of newest) verdicts.set(id, judged)
      exchange.hand({ step: request.step, number, chunk, call, ids: newest, judge: () => judged })
      for (const id of newest) counted.open(id)
    },
    async permission(id, input) {
      await counted.at(id)
      const call = (await verdicts.get(id))?.find((one) => one.id === id)
      if (call?.verdict.kind === 'refuse' || call?.verdict.kind === 'invalid')
        return { behavior: 'deny', message: call.verdict.reason }
      // Approved, denied or expired: the workflow says so with the result.
      await exchange.ended(id)
      return { behavior: 'allow', updatedInput: input }
    },
    async gave(id) {
      await counted.at(id)
      const result = await exchange.ended(id)
      const { content } = resultBlock(result, await readContents(deps, [result]))
      const text = (said: unknown) => [{ type: 'text', text: String(said ?? '') }]
      return { content: Array.isArray(content) ? content : text(content), isError: result.isError }
    },
    results: () => exchange.known(newest),
  }
}

/** @param number of the step within the turn, from 1. */
export function judgeStep(
  deps: ActivityDeps,
  { request, stored }: Pick<Asking, 'request' | 'stored'>,
  number: number,
  blocks: ContentBlock[],
): Promise<ToolCall[]> {
  const { root, run, step } = request
  const at = { root, run, step: number === 1 ? step : `${step}:${number}` }
  return judgeCalls(deps, { ...at, stored, blocks, signal: Context.current().cancellationSignal })
}

/** Waited for before they are opened, as often as not. */
function gates() {
  type Gate = { opened: Promise<void>; open(): void; refuse(error: Error): void }
  const known = new Map<string, Gate>()
  const gate = (id: string): Gate => {
    const there = known.get(id)
    if (there) return there
    let [open, refuse]: [() => void, (error: Error) => void] = [() => {}, () => {}]
    const opened = new Promise<void>((resolve, reject) => {
      open = resolve
      refuse = reject
    })
    opened.catch(() => {})
    const made = { opened, open, refuse }
    known.set(id, made)
    return made
  }
  return {
    at: (id: string) => gate(id).opened,
    open: (id: string) => gate(id).open(),
    refuse: (id: string, why: string) => gate(id).refuse(new Error(why)),
  }
}
