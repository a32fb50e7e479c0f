// How a tool call ends, from what its attempts did: what may have happened already is never done again unless that is
// harmless, and what is not known is said to be unknown.
import { ApplicationFailure } from '@temporalio/activity'
import type { EffectClass } from '../../../contracts/agent.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { Tool, ToolOutput } from '../../../tools/tool.js'
import type { Stop } from '../../call/cancellation.js'
import { type Checked, checkTool, type Performance, type Performed } from './perform.js'
import type { ToolRun } from './read-call.js'
import { type Given, readOutput } from './tool-output.js'

/** `repeat`: this worker goes away, and another one is to look again. */
export type Ending =
  | { kind: 'done'; given: Given }
  | { kind: 'interrupted'; given: Given; happened: 'yes' | 'no' | 'unknown' }
  | { kind: 'unknown'; given: Given }
  | { kind: 'repeat' }

export type Attempting = ToolRun & {
  stop: Stop
  /** An earlier attempt was begun and left no result. */
  mayHaveRun: boolean
  /** Runs the tool. */
  perform(performance: Performance, tool: Tool): Promise<Performed>
  /** Set when the tool is called. */
  dispatched: { at: number }
}

const DEFAULT_SECONDS = 120

export async function ended(attempting: Attempting): Promise<Ending> {
  const { tool, request, input, context, mayHaveRun, dispatched, stop } = attempting
  const { effect, tool: name } = request.call
  const say = words(attempting)
  if (!tool || attempting.changed !== undefined) {
    if (mayHaveRun && !isHarmless(effect)) return { kind: 'unknown', given: say(lost(name)) }
    if (tool) throw changed(attempting.changed)
    return { kind: 'done', given: say(`${attempting.problem}: it was not run.`) }
  }
  const performance: Performance = {
    tool,
    input,
    context: { ...context, key: keyOf(request) },
    stop,
    seconds: Math.min(tool.timeoutSeconds ?? DEFAULT_SECONDS, request.timeoutSeconds),
  }
  if (mayHaveRun && effect === 'reconcilable') {
    const checked = await checkTool(performance)
    if (checked.kind !== 'nothing') return fromCheck(attempting, checked)
  } else if (mayHaveRun && effect === 'unsafe') {
    const given = say(lost(name))
    return stop.reason() === 'interrupted'
      ? { kind: 'interrupted', happened: 'unknown', given }
      : { kind: 'unknown', given }
  }
  if (stop.reason() === 'shutdown') return { kind: 'repeat' }
  if (stop.signal.aborted)
    return { kind: 'interrupted', happened: 'no', given: say('Stopped by a person before it ran.') }
  if (attempting.refused !== undefined) return { kind: 'done', given: say(attempting.refused) }
  dispatched.at = Date.now()
  const performed = await attempting.perform(performance, tool)
  switch (performed.kind) {
    case 'output':
      return { kind: 'done', given: readOutput(performed.output, attempting.redact) }
    case 'threw':
      return { kind: 'done', given: say(performed.error) }
    case 'unsure':
      if (isHarmless(effect)) return { kind: 'done', given: say(performed.error) }
      return settled(attempting, performance, `Whether it happened is not known: ${performed.error}`)
    case 'timedOut': {
      const why = `It took longer than ${performed.seconds} s and was stopped.`
      if (performed.output !== undefined) return { kind: 'done', given: failed(attempting, performed.output, why) }
      if (isHarmless(effect)) return { kind: 'done', given: say(why) }
      return settled(attempting, performance, `${why} Whether it happened is not known.`)
    }
    case 'stopped': {
      // It ended well in spite of being told to stop: that is its result.
      if (performed.output !== undefined && !isError(performed.output))
        return { kind: 'done', given: readOutput(performed.output, attempting.redact) }
      if (stop.reason() === 'shutdown') return { kind: 'repeat' }
      return interrupted(attempting, performance, performed.output)
    }
  }
}

/** Asked again: the loop judges it anew. */
function changed(message?: string): ApplicationFailure {
  return ApplicationFailure.create({ type: FAILURE.callChanged, message: message ?? '', nonRetryable: true })
}

/** The same in every attempt; says nothing of the run. */
const keyOf = ({ call }: ToolRun['request']) => call.digest

export const isHarmless = (effect: EffectClass) => effect === 'read' || effect === 'idempotent'
const isError = (output: ToolOutput) => typeof output !== 'string' && output.isError === true

export const lost = (name: string) =>
  `The worker that ran ${name} went away while it ran. Whether it happened is not known; it was not done again.`

export const failedText = (text: string): ToolOutput => ({ content: [{ type: 'text', text }], isError: true })

function words({ redact }: Pick<Attempting, 'redact'>) {
  return (text: string) => readOutput(failedText(text), redact)
}

function failed({ redact }: Attempting, output: ToolOutput, why: string): Given {
  const content = typeof output === 'string' ? [{ type: 'text', text: output }] : output.content
  return readOutput({ content: [...content, { type: 'text', text: why }], isError: true }, redact)
}

function fromCheck(attempting: Attempting, checked: Exclude<Checked, { kind: 'nothing' }>): Ending {
  const { stop, redact, request } = attempting
  if (checked.kind === 'happened') return { kind: 'done', given: readOutput(checked.output, redact) }
  if (stop.reason() === 'shutdown') return { kind: 'repeat' }
  const given = words(attempting)(`${lost(request.call.tool)} (${checked.error})`)
  return stop.reason() === 'interrupted'
    ? { kind: 'interrupted', happened: 'unknown', given }
    : { kind: 'unknown', given }
}

/** A reconcilable tool can still say what happened; of an unsafe one nobody knows. */
async function settled(attempting: Attempting, performance: Performance, why: string): Promise<Ending> {
  const given = words(attempting)(why)
  if (attempting.request.call.effect !== 'reconcilable') return { kind: 'unknown', given }
  const checked = await checkTool(performance)
  if (checked.kind === 'happened') return { kind: 'done', given: readOutput(checked.output, attempting.redact) }
  if (checked.kind === 'nothing')
    return { kind: 'done', given: words(attempting)(`${why} A check found that it did not.`) }
  return { kind: 'unknown', given }
}

async function interrupted(attempting: Attempting, performance: Performance, output?: ToolOutput): Promise<Ending> {
  const { effect } = attempting.request.call
  const why = 'Stopped by a person while it ran.'
  const given = (known: string) => {
    const said = `${why} ${known}`.trim()
    return output === undefined ? words(attempting)(said) : failed(attempting, output, said)
  }
  if (effect === 'read') return { kind: 'interrupted', happened: 'no', given: given('') }
  if (effect !== 'reconcilable')
    return { kind: 'interrupted', happened: 'unknown', given: given('What it had done by then is not known.') }
  const checked = await checkTool({ ...performance, stop: { signal: new AbortController().signal }, seconds: 5 })
  switch (checked.kind) {
    case 'happened':
      return { kind: 'interrupted', happened: 'yes', given: readOutput(checked.output, attempting.redact) }
    case 'nothing':
      return { kind: 'interrupted', happened: 'no', given: given('It had not happened yet.') }
    case 'unsure':
      return { kind: 'interrupted', happened: 'unknown', given: given('What it had done by then is not known.') }
  }
}
