// How a run is shown while it goes: one place decides between a live view for a terminal and plain lines for a log.
import type { RunEvent } from '../../client/run-event.js'
import { liveView } from './live-view.js'
import { plainView } from './plain-view.js'

export type View = {
  show(event: RunEvent): void
  /** Lets others write to the terminal, such as a question; the next event goes on. */
  rest(): void
  /** Leaves what was shown last. */
  close(): void
}

export function openView(): View {
  return process.stderr.isTTY && process.env.TERM !== 'dumb' ? liveView(process.stderr) : plainView()
}
