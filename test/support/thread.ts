// A thread as a foreign program has it: by its messages, with plain JSON.
import type { WorkflowHandle } from '@temporalio/client'
import type { Sent, ThreadMessages, TurnAnswer } from '../../src/contracts/thread.js'
import { until } from './until.js'

export type Answered = Exclude<TurnAnswer, { status: 'pending' | 'stored' }>

/** The turn's number. */
export async function send(thread: WorkflowHandle, message: unknown): Promise<number> {
  return (await thread.executeUpdate<Sent, [unknown]>('send', { args: [message] })).turn
}

export function answerOf(thread: WorkflowHandle, turn: unknown): Promise<TurnAnswer> {
  return thread.query<TurnAnswer, [unknown]>('answer', turn)
}

/** How a turn ended, once it has. */
export async function answered(thread: WorkflowHandle, turn: number): Promise<Answered> {
  const answer = await until(`turn ${turn} of ${thread.workflowId} to end`, async () => {
    const got = await answerOf(thread, { turn })
    return got.status !== 'pending' && got
  })
  if (answer.status === 'stored') throw new Error(`turn ${turn} is remembered no more`)
  return answer
}

/** Sends and waits for the answer. */
export async function ask(thread: WorkflowHandle, message: unknown): Promise<Answered> {
  return answered(thread, await send(thread, message))
}

export function messagesOf(thread: WorkflowHandle): Promise<ThreadMessages> {
  return thread.query<ThreadMessages>('messages')
}
