// Bad input is refused here, before anything is started or even brought up; `prepare` on the worker looks again, because
// not every run is started by this client. zod is loaded only when there is something to check.

import { WORKFLOWS, type WorkflowName } from '../contracts/names.js'
import { InvalidInputError } from './errors.js'

/** Where more than the input may hold goes. */
const INSTEAD: Record<WorkflowName, string> = {
  parallel: 'itemsFile (a file of items)',
  review: "paths (files on the worker's machine)",
  documents: "globs in files (read on the worker's machine)",
  delegate: 'a shorter task',
  account: 'the id of an account',
  code: 'a shorter task, and files of the repository that say the rest',
  thread: 'messages (each up to half a MiB)',
}

/** Narrows a workflow's name, or throws InvalidInputError listing the names there are. */
export function checkWorkflow(name: string): WorkflowName {
  const known = WORKFLOWS.find((workflow) => workflow === name)
  if (!known) throw new InvalidInputError(`unknown workflow "${name}": wanted one of ${WORKFLOWS.join(', ')}`)
  return known
}

/**
 * Returns the input as plain JSON, as it will be sent: zod schemas given as `output` are JSON Schemas in it. Throws
 * InvalidInputError with every problem in one line.
 */
export async function checkInput(workflow: WorkflowName, given: unknown): Promise<Record<string, unknown>> {
  const { INPUTS, MAX_INPUT_BYTES, explain } = await import('../contracts/schemas/index.js')
  const input = await plain(given)
  refuseHalfCharacters(input, 'input')
  const parsed = INPUTS[workflow].safeParse(input)
  if (!parsed.success) throw new InvalidInputError(explain(parsed.error, input))
  const bytes = Buffer.byteLength(JSON.stringify(input))
  if (bytes > MAX_INPUT_BYTES) {
    throw new InvalidInputError(
      `input: got ${bytes} bytes; wanted at most ${MAX_INPUT_BYTES}: use ${INSTEAD[workflow]} for more`,
    )
  }
  return input as Record<string, unknown>
}

/** As checkInput for a workflow of a person's own, which alone knows what its input may be. */
export async function checkOwnInput(workflow: string, given: unknown): Promise<Record<string, unknown>> {
  const { MAX_INPUT_BYTES } = await import('../contracts/schemas/index.js')
  if (WORKFLOWS.some((name) => name === workflow))
    throw new InvalidInputError(`"${workflow}" is a workflow of Ensemble's: wanted start, or a name of your own`)
  const input = await plain(given)
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new InvalidInputError(`input: got ${JSON.stringify(input).slice(0, 80)}; wanted an object`)
  refuseHalfCharacters(input, 'input')
  const bytes = Buffer.byteLength(JSON.stringify(input))
  if (bytes > MAX_INPUT_BYTES)
    throw new InvalidInputError(`input: got ${bytes} bytes; wanted at most ${MAX_INPUT_BYTES}: name files for more`)
  return input as Record<string, unknown>
}

/** A JSON Schema for people and editors: what the workflow's input may be. */
export async function inputSchema(workflow: WorkflowName): Promise<unknown> {
  const [{ z }, { INPUTS }] = await Promise.all([import('zod'), import('../contracts/schemas/index.js')])
  return z.toJSONSchema(INPUTS[workflow], { io: 'input', unrepresentable: 'any' })
}

/** What JSON would make of it, with zod schemas turned into JSON Schema. */
async function plain(given: unknown): Promise<unknown> {
  const { z } = await import('zod')
  let json: string | undefined
  try {
    json = JSON.stringify(given, (_key, value) => (value instanceof z.ZodType ? z.toJSONSchema(value) : value))
  } catch (error) {
    // JSON's own refusals: a cycle, a bigint (TypeError), nested beyond the stack (RangeError).
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error
    throw new InvalidInputError(`input: cannot be written as JSON: ${error.message.split('\n')[0]}`)
  }
  if (json === undefined) throw new InvalidInputError(`input: got ${typeof given}; wanted an object`)
  return JSON.parse(json)
}

/** UTF-8 cannot hold half a surrogate pair: something else would be stored than was sent. */
export function refuseHalfCharacters(value: unknown, where: string): void {
  if (typeof value === 'string') {
    const found = /\p{Surrogate}/u.exec(value)
    if (!found) return
    const code = value.charCodeAt(found.index).toString(16).toUpperCase()
    throw new InvalidInputError(`${where}: half a surrogate pair (U+${code}) at ${found.index}: wanted Unicode text`)
  }
  if (value === null || typeof value !== 'object') return
  for (const [key, inner] of Object.entries(value)) {
    refuseHalfCharacters(key, where)
    refuseHalfCharacters(inner, where === 'input' ? key : `${where}.${key}`)
  }
}
