// The thread in which lines are matched: a pattern of a model may take for ever, and a thread can be ended.
import { parentPort, workerData } from 'node:worker_threads'

export type Pattern = { source: string; flags: string; mostPerText: number }
/** Numbers of the lines that match, from 0; of those a pattern cannot match at all, none. */
export type Matched = { lines: number[] }

const { source, flags, mostPerText } = workerData as Pattern
const pattern = new RegExp(source, flags)

parentPort?.on('message', (text: string) => {
  const lines: number[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (pattern.test(line)) lines.push(index)
    if (lines.length >= mostPerText) break
  }
  parentPort?.postMessage({ lines } satisfies Matched)
})
