// The text a reader puts together while answers arrive is the text of the result, byte for byte, and nothing had to be
// corrected for it unless something was broken on the way.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../../src/client/ensemble.js'
import { openStage, type Stage } from '../../support/stage.js'
import { reader } from '../../support/text-reader.js'

let stage: Stage
let ensemble: Ensemble

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([
    { match: { prompt: 'long' }, reply: { text: 'Grüße, 世界 👩‍🚀! ', bytes: 100_000, delayMs: 1500 } },
    { match: { prompt: 'quick' }, reply: { text: 'Äußerst kurz 🙂' } },
  ])
  const { address } = stage.server
  const storeDir = join(stage.home, 'store')
  ensemble = await connectTo({ address, namespace: 'default', taskQueue: 'ensemble', storeDir })
})

afterAll(async () => {
  await ensemble?.close()
  await stage?.close()
})

describe.concurrent('the text of a run', () => {
  it('read while it arrives is that of the result, for several agents with many bytes a character', async () => {
    const items = ['a', 'b', 'c'].map((id) => ({ id, prompt: `long ${id}` }))
    const run = await ensemble.start('parallel', { items, confirm: 'never', stream: true })
    const read = await reader(run)
    const result = await run.result({ resolve: true })
    expect(read.texts).toEqual(Object.fromEntries(result.items.map(({ id, text }) => [id, text])))
    expect(read.texts.a?.length).toBeGreaterThan(30_000)
    expect(read.end?.texts).toEqual({ streamed: 3, whole: 0, corrected: 0 })
    expect(read.pieces).toBeGreaterThan(15)
    expect(read.resets).toBe(0)
  })
})
