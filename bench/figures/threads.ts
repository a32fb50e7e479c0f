// A long conversation: what is kept of it, and whether its four hundredth turn is as quick as its tenth. The model server
// is sent the whole conversation with every turn, as any is, so the same requests of the bare SDK say what that costs.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import type { WorkflowHandle } from '@temporalio/client'
import { median, print, round } from '../figure.js'
import type { BenchStage } from '../stage.js'

const TURNS = 400
const SAID_BYTES = 4096
const EARLY = [8, 12] as const
const LATE = [395, 400] as const
const MODEL = 'claude-sonnet-5-5'

export async function threads(stage: BenchStage): Promise<void> {
  await stage.rules([{ reply: { text: 'An answer of some length. ', bytes: SAID_BYTES } }])
  const before = keptInFiles(stage)
  const id = `thread-${process.pid}`
  // The whole conversation is sent to the end: 3.2 MB are some 820,000 tokens of the model's million.
  const handle = await stage.client.workflow.start('thread', {
    taskQueue: 'ensemble',
    workflowId: id,
    args: [{ model: MODEL, condenseAt: 0.95 }],
  })
  const sentAt: number[] = []
  for (let turn = 1; turn <= TURNS; turn++) {
    sentAt.push(Date.now())
    await handle.executeUpdate('send', { args: [{ text: said(turn) }] })
    while ((await answerOf(handle, turn)) === 'pending') await pause(20)
  }
  const executions = await executionsOf(stage, id)
  const after = keptInFiles(stage)
  const text = TURNS * 2 * SAID_BYTES
  const sum = (some: Execution[], field: 'bytes' | 'events') => some.reduce((all, one) => all + one[field], 0)
  const own = executions.filter(({ type }) => type === 'thread')
  const history = sum(executions, 'bytes')
  print({
    figure: `thread of ${TURNS} turns of 8 kB: bytes kept (history and store) / its text`,
    value: round((history + after.store - before.store) / text, 2),
    unit: 'ratio',
    wanted: 3,
    bound: 'most',
    baseline: {
      'text, MB': round(text / 1e6, 1),
      'history, MB': round(history / 1e6, 2),
      'of it the stream of live text, MB': round((history - sum(own, 'bytes')) / 1e6, 2),
      'store, MB': round((after.store - before.store) / 1e6, 2),
      'store files': after.files - before.files,
      'store on disk, MB': round((after.disk - before.disk) / 1e6, 1),
      'growth of the server’s database, MB': round((after.database - before.database) / 1e6, 1),
      'executions of the thread': own.length,
      'events of the thread per turn': round(sum(own, 'events') / TURNS, 1),
      'the conversation in every turn’s input (computed) / its text': round(naive() / text, 0),
    },
  })

  const ended = executions.flatMap((execution) => execution.turnsEndedAt)
  if (ended.length !== TURNS) throw new Error(`${ended.length} turns ended, wanted ${TURNS}`)
  const ours = (range: readonly [number, number]) =>
    median(turnsOf(range).map((turn) => (ended[turn - 1] ?? Number.NaN) - (sentAt[turn - 1] ?? Number.NaN)))
  const bare = await bareTurns(stage)
  const theirs = (range: readonly [number, number]) =>
    median(turnsOf(range).map((turn) => bare.get(turn) ?? Number.NaN))
  print({
    figure: `the same, 0 ms model: time of turns ${LATE.join(' to ')} / turns ${EARLY.join(' to ')}`,
    value: round(ours(LATE) / ours(EARLY), 2),
    unit: 'ratio',
    wanted: 1.5,
    bound: 'most',
    baseline: {
      'ours early, ms': round(ours(EARLY), 1),
      'ours late, ms': round(ours(LATE), 1),
      'bare SDK early, ms': round(theirs(EARLY), 1),
      'bare SDK late, ms': round(theirs(LATE), 1),
      'bare SDK late / early': round(theirs(LATE) / theirs(EARLY), 2),
      'added to the bare SDK late / early': round((ours(LATE) - theirs(LATE)) / (ours(EARLY) - theirs(EARLY)), 2),
    },
  })
  await handle.terminate()
}

const said = (turn: number) => `Message ${turn}. `.padEnd(SAID_BYTES, 'The words of a person who has much to say. ')
const turnsOf = ([first, last]: readonly [number, number]) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function answerOf(handle: WorkflowHandle, turn: number): Promise<string> {
  const { status } = await handle.query<{ status: string }, [unknown]>('answer', { turn })
  if (status === 'error') throw new Error(`turn ${turn} failed`)
  return status
}

/** What a workflow keeps that hands the messages so far to each of its activities. */
function naive(): number {
  return turnsOf([1, TURNS]).reduce((sum, turn) => sum + (2 * turn - 1) * SAID_BYTES + SAID_BYTES, 0)
}

type Execution = { type: string; bytes: number; events: number; turnsEndedAt: number[] }

/** Of the thread and of all that was started for it, oldest first. */
async function executionsOf({ client }: BenchStage, id: string): Promise<Execution[]> {
  const found: (Execution & { started: number })[] = []
  for await (const { workflowId, runId, startTime, type } of client.workflow.list({
    query: `WorkflowId STARTS_WITH "${id}"`,
  })) {
    const handle = client.workflow.getHandle(workflowId, runId)
    const { raw } = await handle.describe()
    const { events = [] } = await handle.fetchHistory()
    const turns = new Set<string>()
    const turnsEndedAt: number[] = []
    for (const event of events ?? []) {
      const { activityTaskScheduledEventAttributes: asked, activityTaskCompletedEventAttributes: done } = event
      if (asked?.activityType?.name === 'answerTurn') turns.add(String(event.eventId))
      if (done && turns.has(String(done.scheduledEventId))) {
        turnsEndedAt.push(Number(event.eventTime?.seconds) * 1000 + Number(event.eventTime?.nanos) / 1e6)
      }
    }
    const { historySizeBytes, historyLength } = raw.workflowExecutionInfo ?? {}
    const size = { bytes: Number(historySizeBytes), events: Number(historyLength) }
    found.push({ type, ...size, turnsEndedAt, started: startTime.getTime() })
  }
  return found.sort((a, b) => a.started - b.started)
}

function keptInFiles({ home }: BenchStage): { store: number; disk: number; files: number; database: number } {
  const store = join(home, 'store')
  const stats = readdirSync(store, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(store, name)))
    .filter((stat) => stat.isFile())
  const database = readdirSync(home).filter((name) => name.startsWith('temporal.db'))
  return {
    store: stats.reduce((sum, { size }) => sum + size, 0),
    disk: stats.reduce((sum, { blocks }) => sum + blocks * 512, 0),
    files: stats.length,
    database: database.reduce((sum, name) => sum + statSync(join(home, name)).size, 0),
  }
}

/** Milliseconds by turn: the same requests, cache marks included, with nothing around them. */
async function bareTurns({ url }: BenchStage): Promise<Map<number, number>> {
  const client = new Anthropic({ apiKey: 'simulator', baseURL: url, maxRetries: 0, logLevel: 'off' })
  const answer = 'An answer of some length. '.repeat(SAID_BYTES).slice(0, SAID_BYTES)
  const marked = { cache_control: { type: 'ephemeral' as const } }
  const times = new Map<number, number>()
  for (const turn of [...turnsOf([EARLY[0] - 1, EARLY[1]]), ...turnsOf([LATE[0] - 1, LATE[1]])]) {
    const block = (each: number) => ({
      type: 'text' as const,
      text: `Bare. ${said(each)}`.slice(0, SAID_BYTES),
      ...(each > turn - 2 && marked),
    })
    const messages: Anthropic.MessageParam[] = turnsOf([1, turn]).flatMap((each) => [
      { role: 'user' as const, content: [block(each)] },
      ...(each < turn ? [{ role: 'assistant' as const, content: [{ type: 'text' as const, text: answer }] }] : []),
    ])
    const began = performance.now()
    await client.messages.stream({ model: MODEL, max_tokens: 8192, messages }).finalMessage()
    times.set(turn, performance.now() - began)
  }
  return times
}
