// A time limit ends what waits for it, whatever the garbage collector thinks of it meanwhile.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { timeLimit } from '../../src/contracts/time-limit.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

it('is over after its time, with nobody else knowing of it', async () => {
  const stopped = (() => {
    const { signal } = timeLimit(new AbortController().signal, 100)
    return new Promise((done) => {
      signal.addEventListener('abort', () => done(signal.reason.name), { once: true })
    })
  })()
  collect()
  expect(await stopped).toBe('TimeoutError')
})

it('is stopped with the reason of what it is bound to, also afterwards', () => {
  const stop = new AbortController()
  const early = timeLimit(stop.signal, 60_000)
  stop.abort('enough')
  const late = timeLimit(stop.signal, 60_000)
  for (const { signal, isOver, end } of [early, late]) {
    expect([signal.aborted, signal.reason, isOver()]).toEqual([true, 'enough', false])
    end()
  }
})

it('that has ended stops nothing any more', async () => {
  const stop = new AbortController()
  const { signal, end } = timeLimit(stop.signal, 1)
  end()
  stop.abort()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(signal.aborted).toBe(false)
})
