// An agent at work with nothing to wait for: what a step of it costs beside the same activities with nothing around them,
// and what is kept of it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { median, percentile, print, round } from '../figure.js'
import type { BenchStage } from '../stage.js'

const STEPS = 50
const ROUNDS = 3

export async function agents(stage: BenchStage): Promise<void> {
  const workspace = join(stage.home, 'workspace')
  mkdirSync(workspace, { recursive: true })
  for (const name of ['a.txt', 'b.txt']) writeFileSync(join(workspace, name), `the text of ${name}\n`)
  const [ours, bare] = [[] as Ran[], [] as Ran[]]
  // In turns, so that what else the machine does hits both alike; the first of each only warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    ours.push(await agent(stage, workspace, STEPS, `agent-${process.pid}-${round}`))
    bare.push(await bareAgent(stage, workspace, `bare-agent-${process.pid}-${round}`))
  }
  const half = await agent(stage, workspace, STEPS / 2, `agent-${process.pid}-half`)
  const step = (ran: Ran[]) => median(ran.slice(1).map(({ ms }) => ms / STEPS))
  const tool = (ran: Ran[], p: number) =>
    percentile(
      ran.slice(1).flatMap(({ toolMs }) => toolMs),
      p,
    )
  const [last] = ours.slice(-1)
  if (!last) throw new Error('no agent ran')
  print({
    figure: `an agent of ${STEPS} steps with 2 tools each, 0 ms model: time per step / bare activities`,
    value: round(step(ours) / step(bare), 2),
    unit: 'ratio',
    wanted: 1.25,
    bound: 'most',
    baseline: { 'ours, ms': round(step(ours), 1), 'bare, ms': round(step(bare), 1) },
  })
  print({
    figure: `its history: events of one run`,
    value: last.events,
    unit: 'events',
    wanted: 2047,
    bound: 'most',
    baseline: { 'bytes, kB': round(last.bytes / 1000, 1) },
  })
  print({
    figure: `its history: bytes of a step, steps ${STEPS / 2 + 1} to ${STEPS} / steps 1 to ${STEPS / 2}`,
    value: round((last.bytes - half.bytes) / half.bytes, 2),
    unit: 'ratio',
    wanted: 1.1,
    bound: 'most',
    baseline: { 'bytes of a step': round(last.bytes / STEPS, 0) },
  })
  print({
    figure: 'audit and journals: added to one tool call, p50',
    value: round(tool(ours, 50) - tool(bare, 50), 1),
    unit: 'ms',
    wanted: 10,
    bound: 'most',
    baseline: { 'ours, ms': round(tool(ours, 50), 1), 'bare, ms': round(tool(bare, 50), 1) },
  })
}

type Ran = { ms: number; events: number; bytes: number; toolMs: number[] }

async function agent(stage: BenchStage, workspace: string, steps: number, id: string): Promise<Ran> {
  const read = (name: string) => ({ type: 'tool_use', name: 'Read', input: { file_path: name } })
  await stage.rules([
    { times: steps - 1, reply: { blocks: [read('a.txt'), read('b.txt')] } },
    { reply: { text: 'Read.' } },
  ])
  const input = {
    agent: { name: 'reader', prompt: 'You read.', tools: ['Read'], maxSteps: steps },
    task: 'read',
    workspace,
    stream: false,
  }
  return ran(stage, 'thread', 'ensemble', id, input, 'runTool')
}

function bareAgent(stage: BenchStage, workspace: string, id: string): Promise<Ran> {
  const files = ['a.txt', 'b.txt'].map((name) => join(workspace, name))
  return ran(stage, 'bareAgent', 'bare', id, { files, steps: STEPS }, 'bareTool')
}

async function ran(
  { client }: BenchStage,
  workflow: string,
  taskQueue: string,
  workflowId: string,
  input: unknown,
  tool: string,
): Promise<Ran> {
  const handle = await client.workflow.start(workflow, { taskQueue, workflowId, args: [input] })
  await handle.result()
  const history = await times(handle, tool)
  const { raw } = await handle.describe()
  const { historySizeBytes, historyLength } = raw.workflowExecutionInfo ?? {}
  return { ...history, events: Number(historyLength), bytes: Number(historySizeBytes) }
}

/** From the first model call to the last, by the server's clock; and how long each tool's activity ran. */
async function times(handle: WorkflowHandle, tool: string): Promise<Pick<Ran, 'ms' | 'toolMs'>> {
  const { events = [] } = await handle.fetchHistory()
  const at = ({ eventTime }: { eventTime?: { seconds?: unknown; nanos?: number | null } | null }) =>
    Number(eventTime?.seconds) * 1000 + Number(eventTime?.nanos) / 1e6
  const [scheduled, started] = [new Map<string, string>(), new Map<string, number>()]
  const [calls, toolMs] = [[] as number[], [] as number[]]
  for (const event of events ?? []) {
    const { activityTaskScheduledEventAttributes: asked, activityTaskStartedEventAttributes: began } = event
    const { activityTaskCompletedEventAttributes: done } = event
    if (asked) scheduled.set(String(event.eventId), asked.activityType?.name ?? '')
    if (began) started.set(String(began.scheduledEventId), at(event))
    const name = scheduled.get(String(asked ? event.eventId : done?.scheduledEventId)) ?? ''
    if (['answerTurn', 'bareCall'].includes(name)) calls.push(at(event))
    if (done && name === tool) toolMs.push(at(event) - (started.get(String(done.scheduledEventId)) ?? Number.NaN))
  }
  return { ms: Math.max(...calls) - Math.min(...calls), toolMs }
}
