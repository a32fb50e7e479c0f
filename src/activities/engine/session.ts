// A turn is one session of the program, named by the turn: whoever comes after a crash knows its name without having been
// told. Its files lie with the run's own, its progress is noted with every step: what a resumed session goes on from.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineRequest, ModelCall } from '../../contracts/engine.js'
import type { Ref, Root } from '../../contracts/refs.js'
import { noUsage, type Usage, type Usd } from '../../contracts/usage.js'
import type { ProcessIdentity } from '../../storage/process-identity.js'
import type { Store } from '../../storage/store.js'

/** What is known of a turn that may have to be resumed. */
export type SessionNote = {
  session: string
  /** Its program: one that outlived its worker must not go on beside the next. */
  program?: ProcessIdentity
  /** Steps that ended: the chunks of them end at `head`. */
  steps: number
  head?: Ref
  usage: Usage
  usd: Usd
  savedUsd: Usd
  attempts: number
  /** The newest model call. */
  last?: ModelCall
  contextTokens: number
  /** Ids of the tool uses whose results the model has heard. */
  told: string[]
}

/** An attempt that died before its first step leaves nothing to resume: the next one begins a session of its own. */
export function newNote(
  { root, run, step }: Pick<EngineRequest, 'root' | 'run' | 'step'>,
  found?: SessionNote,
): SessionNote {
  const attempts = (found?.attempts ?? 0) + 1
  if (found?.head !== undefined) return { ...found, attempts }
  const spent = { usage: noUsage(), usd: 0, savedUsd: 0 }
  const program = found?.program && { program: found.program }
  return {
    session: sessionOf(root, run, step, attempts),
    ...program,
    steps: 0,
    ...spent,
    attempts,
    contextTokens: 0,
    told: [],
  }
}

/** A version 8 UUID made from what names the turn. */
function sessionOf({ workflowId, firstRunId }: Root, run: string, step: string, attempt: number): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([workflowId, firstRunId, run, step, attempt]))
    .digest('hex')
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4]
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

export type SessionPlace = { home: string; config: string }

/** Removed with the run by `gc`. */
export async function sessionPlace(store: Store, root: Root): Promise<SessionPlace> {
  const home = await store.place(root, 'engine')
  const config = join(home, 'config')
  await mkdir(config, { recursive: true, mode: 0o700 })
  return { home, config }
}

/** Whether this host has the session: they are files of one machine. */
export function hasSession({ config }: SessionPlace, session: string): boolean {
  const projects = join(config, 'projects')
  if (!existsSync(projects)) return false
  return readdirSync(projects).some((project) => existsSync(join(projects, project, `${session}.jsonl`)))
}

const noteName = (step: string) => `engine ${step}`

export async function readNote(store: Store, root: Root, step: string): Promise<SessionNote | undefined> {
  return (await store.read(root, noteName(step))) as SessionNote | undefined
}

export function writeNote(store: Store, root: Root, step: string, note: SessionNote): Promise<void> {
  return store.note(root, noteName(step), note)
}
