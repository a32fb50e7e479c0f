// One run of a tool, bounded: it ends by itself, or its time is over, or somebody stops it. What is stopped gets a moment
// to end well, because how it ended is worth knowing; what does not is left behind.
import { setTimeout as sleep } from 'node:timers/promises'
import type { OutcomeUnknown, Tool, ToolContext, ToolOutput } from '../../../tools/tool.js'
import type { Stop } from '../../call/cancellation.js'

/** What a tool that was stopped has to end in. */
const MOMENT_MS = 5_000

/** `output` and `error`: what it said all the same, after it was told to stop. */
export type Performed =
  | { kind: 'output'; output: ToolOutput }
  | { kind: 'threw'; error: string }
  /** It says itself that it cannot know whether its effect happened. */
  | { kind: 'unsure'; error: string }
  | { kind: 'timedOut'; seconds: number; output?: ToolOutput; error?: string }
  | { kind: 'stopped'; output?: ToolOutput; error?: string }

export type Performance = {
  tool: Pick<Tool, 'run' | 'check'>
  input: unknown
  context: Omit<ToolContext, 'signal'>
  /** Of the activity: an interruption, or the worker going away. */
  stop: Pick<Stop, 'signal'>
  seconds: number
}

export function performTool(performance: Performance): Promise<Performed> {
  const { tool, input, context } = performance
  return bounded(performance, (signal) => tool.run({ ...context, signal, input }))
}

/** What an earlier attempt did. `undefined`: nothing. */
export type Checked = { kind: 'happened'; output: ToolOutput } | { kind: 'nothing' } | { kind: 'unsure'; error: string }

export async function checkTool(performance: Performance): Promise<Checked> {
  const { tool, input, context } = performance
  const { check } = tool
  if (!check) return { kind: 'unsure', error: 'the tool has no check' }
  const ended = await bounded<ToolOutput | undefined>(performance, (signal) =>
    check.call(tool, { ...context, signal, input }),
  )
  switch (ended.kind) {
    case 'output':
      return ended.output === undefined ? { kind: 'nothing' } : { kind: 'happened', output: ended.output }
    case 'timedOut':
      return { kind: 'unsure', error: `its check took longer than ${ended.seconds} s` }
    case 'stopped':
      return { kind: 'unsure', error: 'its check was stopped' }
    default:
      return { kind: 'unsure', error: `its check failed: ${ended.error}` }
  }
}

type Ended<T> = Exclude<Performed, { kind: 'output' }> | { kind: 'output'; output: T }

async function bounded<T extends ToolOutput | undefined>(
  { stop, seconds }: Pick<Performance, 'stop' | 'seconds'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Ended<T>> {
  const controller = new AbortController()
  let timedOut = false
  const end = () => controller.abort(new Error('stopped'))
  const timer = setTimeout(() => {
    timedOut = true
    controller.abort(new Error(`stopped after ${seconds} s`))
  }, seconds * 1000)
  stop.signal.addEventListener('abort', end)
  if (stop.signal.aborted) end()
  try {
    const ended = (async () => work(controller.signal))().then(
      (output) => ({ output }),
      (error: unknown) => ({ error: messageOf(error), unsure: isUnsure(error) }),
    )
    const said = await Promise.race([ended, aMomentAfter(controller.signal)])
    if (controller.signal.aborted) {
      const rest = 'output' in said ? outputOf(said.output) : 'error' in said ? { error: said.error } : {}
      return timedOut ? { kind: 'timedOut', seconds, ...rest } : { kind: 'stopped', ...rest }
    }
    if ('output' in said) return { kind: 'output', output: said.output }
    if ('error' in said) return { kind: said.unsure ? 'unsure' : 'threw', error: said.error }
    throw new Error('a tool was left although nobody stopped it')
  } finally {
    clearTimeout(timer)
    stop.signal.removeEventListener('abort', end)
  }
}

const outputOf = (output: ToolOutput | undefined) => (output === undefined ? {} : { output })

async function aMomentAfter(signal: AbortSignal): Promise<Record<never, never>> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await sleep(MOMENT_MS, undefined, { ref: false })
  return {}
}

/** By its name: a tool may come with a copy of the library of its own. */
function isUnsure(error: unknown): boolean {
  return error instanceof Error && error.name === ('OutcomeUnknown' satisfies OutcomeUnknown['name'])
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
