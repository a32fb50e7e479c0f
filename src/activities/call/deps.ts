// What a call works with, given by the worker: no singletons, so that tests and other hosts bring their own.
import type { Settings } from '../../config/index.js'
import type { Journal } from '../../storage/journal.js'
import type { Store } from '../../storage/store.js'
import type { Claude } from '../claude.js'
import type { Metrics } from '../metrics.js'
import type { Requests } from '../requests.js'
import type { Streams } from '../stream/streams.js'
import type { Kept } from './answer.js'

export type CallDeps = {
  claude: Claude
  store: Store
  requests: Requests
  journal: Journal<Kept>
  streams: Streams
  metrics: Metrics
  /** What was set for all agents and runs of this worker. */
  settings: Settings
}
