// What may wait in a thread: everything of it has to fit into the input of a continuation, or the server ends the thread.
import { expect, it } from 'vitest'
import type { Waiting } from '../../src/contracts/continued-thread.js'
import { MAX_WAITING_BYTES } from '../../src/contracts/thread.js'
import { judge } from '../../src/workflows/patterns/thread/queue.js'
import type { Thread } from '../../src/workflows/patterns/thread/state.js'

const waits = (queue: Waiting[]) => ({ queue, seen: new Map(), numbered: true }) as unknown as Thread

it.each([
  ['made-up ids', (turn: number) => `0b4c1f0e-54f6-4d1c-9a39-${String(turn).padStart(12, '0')}`],
  ['long ids', (turn: number) => String(turn).padStart(200, '字')],
])('many short messages with %s fit a continuation, and what does not is refused', (_, idOf) => {
  const queue: Waiting[] = []
  for (let turn = 1; ; turn++) {
    const judged = judge(waits(queue), { text: 'x'.repeat(100), id: idOf(turn) }, { byUpdate: false })
    if (!('message' in judged)) {
      expect(judged).toMatchObject({ refused: expect.stringMatching(/messages wait, with this one \d+ bytes/) })
      break
    }
    queue.push({ kind: 'message', turn, ...judged.message })
  }
  expect(queue.length).toBeGreaterThan(1000)
  expect(Buffer.byteLength(JSON.stringify(queue))).toBeLessThanOrEqual(MAX_WAITING_BYTES)
})
