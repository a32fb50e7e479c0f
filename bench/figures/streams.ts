// Live text against the SDK's own stream: how much later the first words are at a reader in another process, and what
// streaming costs the run and the server.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Anthropic from '@anthropic-ai/sdk'
import { percentile, print, round } from '../figure.js'
import type { BenchStage } from '../stage.js'

type Client = typeof import('../../dist/client/ensemble.js')
type Ensemble = Awaited<ReturnType<Client['connectTo']>>

const AT_ONCE = 10
const ROUNDS = 5
const STREAMS = 20
const SECONDS = 60
const PAIRS = 2

export async function streams(stage: BenchStage): Promise<void> {
  const { connectTo } = (await import(pathToFileURL(join(process.cwd(), 'dist/client/ensemble.js')).href)) as Client
  const { address, home } = stage
  const storeDir = join(home, 'store')
  const ensemble = await connectTo({ address, namespace: 'default', taskQueue: 'ensemble', storeDir })
  try {
    await firstText(stage, ensemble)
    await cost(stage, ensemble)
  } finally {
    await ensemble.close()
  }
}

async function firstText(stage: BenchStage, ensemble: Ensemble): Promise<void> {
  const text = 'word '.repeat(400)
  await stage.rules([{ reply: { text, firstTokenMs: 300, delayMs: 3000 } }])
  const [ours, sdk]: [number[], number[]] = [[], []]
  for (let round = 0; round <= ROUNDS; round++) {
    const [read, own] = [await throughUs(stage, ensemble), await throughTheSdk(stage)]
    if (round === 0) continue // warms both up
    ours.push(...read)
    sdk.push(...own)
  }
  for (const [p, wanted] of [
    [50, 150],
    [95, 300],
  ] as const) {
    print({
      figure: `first text at the reader, ${AT_ONCE} streams at once: later than the SDK's own stream p${p}`,
      value: round(percentile(ours, p) - percentile(sdk, p), 0),
      unit: 'ms',
      wanted,
      bound: 'most',
      baseline: { [`SDK p${p}, ms`]: round(percentile(sdk, p), 0), [`ours p${p}, ms`]: round(percentile(ours, p), 0) },
    })
  }
}

const prompts = () => Array.from({ length: AT_ONCE }, (_, index) => `first ${index} of ${Math.random()}`)

/** From each request's arrival at the model server to its first text here. */
async function throughUs(stage: BenchStage, ensemble: Ensemble): Promise<number[]> {
  await stage.reset()
  const asked = prompts()
  const firstAt = new Map<string, number>()
  const items = asked.map((prompt, index) => ({ id: String(index), prompt }))
  const onText = (_: string, { item }: { item: string }) => {
    if (!firstAt.has(item)) firstAt.set(item, Date.now())
  }
  const run = await ensemble.start('parallel', { items, concurrency: AT_ONCE, confirm: 'never' }, { onText })
  await run.result()
  const arrivals = await arrivalsOf(stage)
  return asked.map((prompt, index) => (firstAt.get(String(index)) ?? Number.NaN) - (arrivals.get(prompt) ?? Number.NaN))
}

async function throughTheSdk(stage: BenchStage): Promise<number[]> {
  await stage.reset()
  const client = new Anthropic({ apiKey: 'simulator', baseURL: stage.url, maxRetries: 0 })
  const asked = prompts()
  const firstAt = await Promise.all(
    asked.map(async (content) => {
      let at = 0
      const stream = client.messages.stream({
        model: 'claude-sonnet-5-5',
        max_tokens: 4096,
        messages: [{ role: 'user', content }],
      })
      stream.on('text', () => {
        at ||= Date.now()
      })
      await stream.finalMessage()
      return at
    }),
  )
  const arrivals = await arrivalsOf(stage)
  return asked.map((prompt, index) => (firstAt[index] ?? Number.NaN) - (arrivals.get(prompt) ?? Number.NaN))
}

async function arrivalsOf(stage: BenchStage): Promise<Map<string, number>> {
  return new Map((await stage.journal()).requests.map(({ promptHead, at }) => [promptHead, at]))
}

async function cost(stage: BenchStage, ensemble: Ensemble): Promise<void> {
  const text = 'word '.repeat(50 * SECONDS)
  await stage.rules([{ reply: { text, firstTokenMs: 100, delayMs: SECONDS * 1000 } }])
  const items = Array.from({ length: STREAMS }, (_, index) => ({ prompt: `stream ${index}` }))
  const input = { items, concurrency: STREAMS, confirm: 'never' as const }
  const timed = async (stream: boolean) => {
    const began = performance.now()
    const run = await ensemble.start('parallel', input, stream ? { onText: () => undefined } : {})
    await run.result()
    return { id: run.id, ms: performance.now() - began }
  }
  const pairs: { plain: number; streamed: number; signals: number }[] = []
  for (let pair = 0; pair < PAIRS; pair++) {
    const [plain, streamed] = [await timed(false), await timed(true)]
    const history = await stage.client.workflow.getHandle(`${streamed.id}/stream`).fetchHistory()
    const signals = (history.events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length
    pairs.push({ plain: plain.ms, streamed: streamed.ms, signals })
  }
  const added = pairs.map(({ plain, streamed }) => (streamed / plain - 1) * 100)
  const seconds = pairs.flatMap(({ plain, streamed }, at) => [
    [`pair ${at + 1} without stream, s`, round(plain / 1000, 2)],
    [`pair ${at + 1} with, s`, round(streamed / 1000, 2)],
  ])
  print({
    figure: `${STREAMS} streams of ${SECONDS} s: added time of the run, the worse of ${PAIRS} pairs`,
    value: round(Math.max(...added), 1),
    unit: '%',
    wanted: 5,
    bound: 'most',
    baseline: Object.fromEntries(seconds),
  })
  print({
    figure: `${STREAMS} streams of ${SECONDS} s: signals per second`,
    value: round(Math.max(...pairs.map(({ signals }) => signals)) / SECONDS, 1),
    unit: '1/s',
    wanted: 100,
    bound: 'most',
  })
}
