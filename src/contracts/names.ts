// The names both sides of Temporal use. Changing one breaks runs in flight, programs that call us and people's habits.

export const WORKFLOWS = ['parallel', 'review', 'documents', 'delegate', 'account', 'code', 'thread'] as const
/** The workflows that are built in. */
export type WorkflowName = (typeof WORKFLOWS)[number]

export const TASK_QUEUE = 'ensemble'

/** The queue of one machine: work that is bound to files there goes to its workers alone. */
export const hostQueue = (taskQueue: string, host: string) => `${taskQueue}@${host}`

/** Search attributes, registered by our own server; elsewhere runs start without them. */
export const SEARCH_ATTRIBUTES = { waiting: 'EnsembleWaiting', usd: 'EnsembleUsd' } as const

/** Keys of a run's memo: readable in every list of runs without any registration. */
export const MEMO = {
  status: 'status',
  usd: 'usd',
  waitingFor: 'waitingFor',
  /** The open questions, in short. */
  approvals: 'approvals',
  input: 'input',
  rerunOf: 'rerunOf',
  /** A thread's options as they were given; long ones by hash and beginning. */
  options: 'options',
  /** Of a fork: the root its first turns are kept under. */
  root: 'root',
  /** The run publishes its texts while they arrive. */
  stream: 'stream',
} as const
