// What was sent but is no value: no JSON, or in an encoding nobody here knows. It arrives as this, with the reason, and is
// refused like any other mistake.

export type Unreadable = { unreadable: string }

export function isUnreadable(value: unknown): value is Unreadable {
  return typeof value === 'object' && value !== null && typeof (value as Unreadable).unreadable === 'string'
}
