// Anybody may send anything to a run. A payload that cannot be read would fail the workflow's task for ever, so one such
// signal would stop a run for good; here it becomes a value that says so, and whoever it is meant for refuses it.
import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/workflow'
import type { Unreadable } from '../contracts/unreadable.js'

type From = PayloadConverter['fromPayload']

const fromPayload = ((...given: Parameters<From>): unknown => {
  try {
    return defaultPayloadConverter.fromPayload(...given)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { unreadable: `cannot be read: ${reason.slice(0, 200)}` } satisfies Unreadable
  }
}) as From

/** Found by this name in the bundle. */
export const payloadConverter: PayloadConverter = {
  toPayload: (...given) => defaultPayloadConverter.toPayload(...given),
  fromPayload,
}
