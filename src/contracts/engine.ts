// A turn of an agent whose loop is the Claude Agent SDK's: one activity that hands the tool calls of each step to the
// workflow and hears what became of them. The workflow decides about them as it does for the built-in engine.

import type { ToolCall, ToolResult } from './agent.js'
import { defineQuery, defineSignal } from './definitions.js'
import type { Ref } from './refs.js'
import type { TurnOutcome, TurnRequest } from './turn.js'
import type { Usd } from './usage.js'

export type EngineRequest = TurnRequest & {
  agent: Ref
  workspace?: string
  maxSteps: number
  /** The most this turn may cost, in dollars. */
  reservedUsd?: number
}

/** `parked`: nothing goes on until a person has answered; started again it goes on with what was answered. */
export type EngineOutcome = { kind: 'ended'; turn: TurnOutcome; last?: ModelCall } | { kind: 'parked' }

/** What is known of one model call. */
export type ModelCall = { number: number; model: string; inputTokens: number; outputTokens: number; usd: Usd }

/** The judged tool calls of a step of the turn `step`; sent again they count once. `chunk`: whose answer asks for them. */
export type EngineCalls = { step: string; number: number; chunk: Ref; call: ModelCall; calls: ToolCall[] }

/** Those that have ended so far, in any order. `known`: the calls have arrived. */
export type EngineResults = { known: boolean; results: ToolResult[] }

/** A running heartbeat: the session that is resumed after a crash. */
export type EngineProgress = { item: string; tokens: number; lastLine: string; session: string }

export const engineCalls = defineSignal<[unknown?]>('engineCalls')
/** `{ step, number }` */
export const engineResults = defineQuery<EngineResults, [unknown?]>('engineResults')
