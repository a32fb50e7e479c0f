// Runs that were started with the code of another day go on with today's: every kept history replays. A change that
// breaks one here belongs behind `patched`.
import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { beforeAll, describe, expect, it } from 'vitest'

const DIR = new URL('./histories/', import.meta.url)
const BUILT = new URL('../../dist/workers/replay.js', import.meta.url).href

type History = { events: { activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[] }
let replay: typeof import('../../src/workers/replay.js').replay

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  ;({ replay } = (await import(BUILT)) as typeof import('../../src/workers/replay.js'))
})

const read = (file: string): History => {
  const bytes = readFileSync(new URL(file, DIR))
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
}

describe('a history of', () => {
  const files = readdirSync(DIR)

  it.each(files)('%s replays', async (file) => {
    await replay(read(file))
  })

  it('another order of things is refused: the check can fail', async () => {
    const history = read('completed.json')
    for (const { activityTaskScheduledEventAttributes: scheduled } of history.events)
      if (scheduled?.activityType.name === 'prepare') scheduled.activityType.name = 'guess'
    await expect(replay(history)).rejects.toThrow(/[Nn]ondeterminism/)
  })

  it.each(files)('%s names no machine', (file) => {
    const text = JSON.stringify(read(file))
    const payloads = Array.from(text.matchAll(/"data":"([^"]+)"/g), ([, data = '']) => Buffer.from(data, 'base64'))
    const all = [text, ...payloads.map((bytes) => bytes.toString('utf8'))].join('\n')
    expect(all.match(/\d@\w[\w.-]+|\/(?:tmp|home|root|usr|work|Users)\/.{0,40}/g)).toBeNull()
  })
})
