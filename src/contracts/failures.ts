// The failure types of the library, by name, because names are what crosses a process boundary. `instanceof` does not.

/** What `error.type` of an item or a turn may be, besides what a newer worker knows. */
export const FAILURE = {
  /** The input was refused before any call was made. */
  invalidInput: 'InvalidInput',
  /** No item of the run is ok; details hold the result. */
  runFailed: 'RunFailed',
  /** An answer to an approval that does not count, and why. */
  answerRefused: 'AnswerRefused',
  /** A message that a thread does not take, and why. */
  messageRefused: 'MessageRefused',
  /** The thread takes no more messages. */
  threadClosed: 'ThreadClosed',
  /** The thread is about to continue as new: send again, with the same id. */
  continuing: 'Continuing',
  /** 400 and kin: the request itself is wrong. */
  badRequest: 'BadRequest',
  /** 401, 403: the key is missing, wrong or not allowed. */
  authentication: 'AuthenticationFailed',
  /** 402, spend limits, organisation on hold: a person must act. */
  billing: 'BillingStopped',
  /** 404: the model does not exist or is retired. */
  notFound: 'ModelNotFound',
  /** 413, context overflow. */
  tooLarge: 'RequestTooLarge',
  /** 429. */
  rateLimited: 'RateLimited',
  /** 529, overloaded_error in mid-stream. */
  overloaded: 'Overloaded',
  /** 500, 504, 408, 409. */
  server: 'ServerError',
  /** No connection, a cut stream, an answer without its end. */
  connection: 'ConnectionLost',
  /** Nothing arrived for a minute, or the request took too long. */
  stalled: 'Stalled',
  /** A part of a delegation was answered without some of its own parts. */
  partsMissing: 'PartsMissing',
  /** The model declined to answer. */
  refused: 'ModelRefused',
  /** The answer is not the JSON that was asked for. */
  outputInvalid: 'OutputInvalid',
  /** A run with a budget: earlier attempts and this one together might cost more than was reserved. */
  budgetNeeded: 'BudgetNeeded',
  /** An agent made as many model calls as it may in one turn. */
  tooManySteps: 'TooManySteps',
  /** A tool call is not what was judged and approved any more: its arguments, or what its tool takes, changed. */
  callChanged: 'CallChanged',
  /** The audit log and what is to be appended to it do not fit: entries are missing, or other ones are in their place. */
  auditBroken: 'AuditBroken',
  /** A hook refused a message. */
  hookBlocked: 'HookBlocked',
  /** The repository is on another machine; details name its task queue. */
  elsewhere: 'OnAnotherMachine',
  /** Git refuses, and a person must look: a lock left behind, an unreadable repository. */
  repository: 'RepositoryError',
  /** This worker talks to another kind of model server than the plan names. */
  wrongServer: 'WrongModelServer',
  /** The worker is going away; another one repeats the call. */
  workerShutdown: 'WorkerShutdown',
  /** A stored text is absent or damaged. */
  blobMissing: 'BlobMissing',
  blobDamaged: 'BlobDamaged',
  /** Storage cannot be reached; retried. */
  storageUnreachable: 'StorageUnreachable',
} as const

/** One of the names in `FAILURE`. */
export type FailureType = (typeof FAILURE)[keyof typeof FAILURE]

/** Why a task or a query begins again: by its words, because a query's failure has no type. */
export const AHEAD = 'a query showed this run ahead of its history, and more has come: it begins again; ask again'
