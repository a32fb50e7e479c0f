// Where large texts go: history and results carry a short text itself, or a ref to it with enough of its head to know
// what it is. The ref is the hash of the bytes, so the same text is stored once and cannot change behind a run's back.

/** Content address of stored bytes: `sha256:` and 64 hex digits. */
export type Ref = string

/** A stored text: `bytes` is its UTF-8 length, `head` its first characters (at most 200). */
export type TextRef = { ref: Ref; bytes: number; head: string }

/** A text, or where it is kept when it is larger than `inlineBytes`: `ensemble.text` gives it whole. */
export type Text = string | TextRef

export function isTextRef(value: unknown): value is TextRef {
  return typeof value === 'object' && value !== null && typeof (value as TextRef).ref === 'string' && 'bytes' in value
}

/** The original run: what its answers are kept under, carried into reruns and across continue-as-new. */
export type Root = { workflowId: string; firstRunId: string }
