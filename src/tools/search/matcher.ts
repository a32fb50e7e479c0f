// Matches texts in a thread of its own, which is ended with the search.
import { Worker } from 'node:worker_threads'
import { ToolRefusal } from '../refusal.js'
import type { Matched, Pattern } from './match-thread.js'

export type Matcher = {
  /** Numbers of the lines that match, from 0. One text at a time. */
  lines(text: string): Promise<number[]>
  close(): Promise<void>
}

/** @throws ToolRefusal when the pattern is none */
export function openMatcher(pattern: Pattern, signal: AbortSignal): Matcher {
  try {
    new RegExp(pattern.source, pattern.flags)
  } catch (error) {
    if (error instanceof SyntaxError) throw new ToolRefusal(`the pattern is no regular expression: ${error.message}`)
    throw error
  }
  const thread = new Worker(new URL('./match-thread.js', import.meta.url), {
    workerData: pattern,
    // Nothing of the worker's environment is needed.
    env: {},
    // A pattern may be nested deeply.
    resourceLimits: { stackSizeMb: 8, maxOldGenerationSizeMb: 512 },
  })
  // What goes wrong between two texts is told with the next one.
  let broken: Error | undefined
  thread.on('error', (error) => {
    broken ??= error
  })
  const end = () => void thread.terminate()
  signal.addEventListener('abort', end, { once: true })
  return {
    lines: (text) =>
      new Promise((done, fail) => {
        if (signal.aborted || broken) return fail(broken ?? signal.reason)
        const settle = () => {
          thread.off('message', matched).off('error', failed).off('exit', exited)
        }
        const matched = ({ lines }: Matched) => {
          settle()
          done(lines)
        }
        const failed = (error: Error) => {
          settle()
          fail(error)
        }
        const exited = () => {
          settle()
          fail(signal.aborted ? signal.reason : new Error('the thread that matches has ended'))
        }
        thread.on('message', matched).on('error', failed).on('exit', exited)
        thread.postMessage(text)
      }),
    async close() {
      signal.removeEventListener('abort', end)
      await thread.terminate()
    },
  }
}
