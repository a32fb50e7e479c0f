// The local room: one machine, no account.
export { NoServerError } from './find-server.js'
export { findProgram, NoProgramError } from './program/program.js'
export { type BringUpOptions, bringUp, type Up } from './up.js'
export type { LocalWorker } from './worker-process.js'
