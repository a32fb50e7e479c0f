// The workflows of the bundle: an export here is a workflow type.
export { delegate } from './delegate.js'
export { documents } from './documents.js'
export { parallel } from './parallel.js'
export { review } from './review.js'
export { stream } from './stream.js'
export { thread } from './thread.js'
