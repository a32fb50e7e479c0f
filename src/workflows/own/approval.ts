// A question of a person's own code. What counts as an answer may be said with a schema of any library that speaks
// Standard Schema; an answer that does not fit is refused with the schema's reasons, and the question stays open.
import type { Decision } from '../../contracts/messages.js'
import { isTooDeep, MAX_NESTING } from '../../contracts/nesting.js'
import { approval as approvalIn } from '../patterns/approvals/approval.js'
import { steps } from '../patterns/calls/call.js'
import { changed, openApprovals } from '../patterns/run/run.js'
import { ownRun, refusal, uniqueName } from './run.js'
import type { StandardSchema } from './standard-schema.js'

/** Bytes of JSON: it is shown in every status. */
const DETAILS_BYTES = 16 * 1024

/** `title`: one line. `details`: what it is about, text or JSON. `schema`: of the `input` that an approval brings. */
export type Question<T> = { title: string; details?: unknown; schema?: StandardSchema<T>; name?: string }

/** `interrupted`: the run was stopped while it waited. */
export type Answer<T> =
  | { kind: 'approved'; input: T; by: string; note?: string }
  | { kind: 'rejected'; by: string; note?: string }
  | { kind: 'interrupted' }

/**
 * Waits for a person: `approve` (with `input`, checked by the schema) or `reject`, as signal, as `decide`, from the
 * command line or the Web UI. Costs nothing while it waits.
 */
export async function approval<T = unknown>({ title, details, schema, name }: Question<T>): Promise<Answer<T>> {
  const run = ownRun()
  if (typeof title !== 'string' || title.trim() === '') throw refusal('approval: title is missing; wanted one line')
  const bytes = new TextEncoder().encode(JSON.stringify(details) ?? '').byteLength
  if (bytes > DETAILS_BYTES) throw refusal(`approval: details have ${bytes} bytes; wanted at most ${DETAILS_BYTES}`)
  const digest = await steps.digest([run.self, title, details ?? null])
  const own = { wantsInput: schema !== undefined, ...(details !== undefined && { details }) }
  const question = { name: uniqueName(name ?? 'approval'), title, digest, own }
  const decision = await approvalIn(run, question, (given) => whyRefused(given, schema))
  if (openApprovals(run).length === 0) run.state = 'running'
  changed(run)
  if (!decision) return { kind: 'interrupted' }
  const { by = 'unknown', note } = decision
  const said = { by, ...(note !== undefined && { note }) }
  if (decision.kind === 'reject') return { kind: 'rejected', ...said }
  return { kind: 'approved', input: read(decision.input, schema), ...said }
}

function whyRefused<T>({ kind, input }: Decision, schema: StandardSchema<T> | undefined): string | undefined {
  if (kind === 'revise') return 'this question takes no revision: wanted approve or reject'
  if (kind === 'reject' || !schema) return undefined
  const checked = check(input, schema)
  return 'value' in checked ? undefined : `input: ${checked.reasons}`
}

/** What was checked before it was taken fits; a schema that changes its mind is a bug. */
function read<T>(input: unknown, schema: StandardSchema<T> | undefined): T {
  if (!schema) return input as T
  const checked = check(input, schema)
  if ('value' in checked) return checked.value
  throw refusal(`approval: the schema took an answer and then refused it: ${checked.reasons}`)
}

function check<T>(input: unknown, schema: StandardSchema<T>): { value: T } | { reasons: string } {
  if (isTooDeep(input)) return { reasons: `is nested too deep; wanted at most ${MAX_NESTING} levels` }
  try {
    const checked = schema['~standard'].validate(input)
    if (checked instanceof Promise) return { reasons: 'the schema answers later; wanted one that checks at once' }
    if (!checked.issues) return { value: checked.value }
    return { reasons: checked.issues.map(({ message, path }) => `${placeOf(path)}${message}`).join('; ') }
  } catch (error) {
    // A handler never throws: a schema that does is a reason like any other.
    return { reasons: `the schema failed: ${error instanceof Error ? error.message : String(error)}` }
  }
}

type Path = readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined

function placeOf(path: Path): string {
  if (!path || path.length === 0) return ''
  return `${path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')}: `
}
