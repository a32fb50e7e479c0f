// For people's own workflows: what ours are made of. Safe in Temporal's sandbox; host what you write with
// `ensemble/worker`.
export type { ItemResult, ItemStatus, RunResult, RunStatus } from './contracts/outcome.js'
export type { Text, TextRef } from './contracts/refs.js'
export type { Usage, Usd } from './contracts/usage.js'
export { type Answer, approval, type Question } from './workflows/own/approval.js'
export { type Block, type Call, call, type FanOut, fanOut } from './workflows/own/fan-out.js'
export { interruption } from './workflows/own/interruption.js'
export { type OwnResult, workflow } from './workflows/own/run.js'
export type { StandardSchema } from './workflows/own/standard-schema.js'
export { type Thread, type ThreadSettings, thread } from './workflows/own/thread.js'
