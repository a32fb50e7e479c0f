// What makes a plan one that cannot be worked by. Every reason is said at once, so that whoever made the plan can mend
// all of it.
import { basename } from 'node:path'
import { findModel } from '../../agents/models.js'
import type { OwnPlan } from '../../contracts/schemas/code.js'
import { KEY_FILES, SETTINGS_FILES } from '../../tools/workspace.js'

type Agent = OwnPlan['stages'][number]['agents'][number]
type Placed = { agent: Agent; number: number; stage: number; sequential: boolean }

const MOST_REASONS = 12
const MOST_PATH_BYTES = 1000

export function faultsOfPlan({ stages }: OwnPlan, most: number): string[] {
  const agents = stages.flatMap(({ agents, mode }, stage) =>
    agents.map((agent) => ({ agent, stage, sequential: mode === 'sequential' })),
  )
  const placed = agents.map((one, index) => ({ ...one, number: index + 1 }))
  if (placed.length === 0) return ['it has no agents']
  const faults = [
    ...(placed.length > most ? [`it has ${placed.length} agents; wanted at most ${most}`] : []),
    ...placed.flatMap(ownFaults),
    ...sharedFiles(placed),
    ...needFaults(placed),
    ...unknownModels(agents.map(({ agent }) => agent)),
  ]
  const more = faults.length - MOST_REASONS
  return more > 0 ? [...faults.slice(0, MOST_REASONS), `and ${more} more`] : faults
}

function ownFaults({ agent, number }: Placed): string[] {
  const who = `agent ${number}`
  const { task, files, criteria } = agent
  return [
    ...(task.trim() === '' ? [`${who} has no task`] : []),
    ...(files.length === 0 ? [`${who} owns no files`] : []),
    ...files.flatMap((file) => {
      const why = whyNoFile(file)
      return why === undefined ? [] : [`${who}: ${JSON.stringify(file.slice(0, 120))} ${why}`]
    }),
    ...(criteria.some((one) => one.trim() === '') ? [`${who} has an empty criterion`] : []),
  ]
}

function whyNoFile(file: string): string | undefined {
  const parts = file.replace(/\/$/, '').split('/')
  if (file.trim() === '' || file.includes('\0') || Buffer.byteLength(file) > MOST_PATH_BYTES) return 'is no path'
  if (file.startsWith('/') || file.includes('\\') || /^[A-Za-z]:/.test(file))
    return 'is outside the repository; wanted a path from its top'
  if (parts.includes('..')) return 'leads out of the repository'
  if (parts.some((part) => part === '' || part === '.')) return 'is written in a roundabout way'
  if (parts.some((part) => part.toLowerCase() === '.git')) return 'belongs to git itself'
  if (KEY_FILES.has(basename(file)) || SETTINGS_FILES.has(basename(file))) return 'is not for agents to write'
  return undefined
}

/** In a sequential stage, too: there is one who is asked when its tests fail. */
function sharedFiles(placed: Placed[]): string[] {
  const faults: string[] = []
  for (const [index, one] of placed.entries()) {
    for (const other of placed.slice(index + 1)) {
      if (other.stage !== one.stage) continue
      const shared = one.agent.files.find((file) => other.agent.files.some((theirs) => overlaps(file, theirs)))
      if (shared !== undefined)
        faults.push(`agents ${one.number} and ${other.number} of stage ${one.stage + 1} share ${shared}`)
    }
    const { files } = one.agent
    const twice = files.find((file, at) => files.some((other, where) => where > at && overlaps(file, other)))
    if (twice !== undefined) faults.push(`agent ${one.number} names ${twice} twice`)
  }
  return faults
}

/** The same, or one within the other; however the file system takes upper and lower case. */
function overlaps(a: string, b: string): boolean {
  const [one, other] = [`${a.replace(/\/$/, '')}/`.toLowerCase(), `${b.replace(/\/$/, '')}/`.toLowerCase()]
  return one.startsWith(other) || other.startsWith(one)
}

/** Whoever is needed works earlier; so nobody needs, by whatever way round, themselves. */
function needFaults(placed: Placed[]): string[] {
  return placed.flatMap(({ agent, number, stage, sequential }) =>
    (agent.needs ?? []).flatMap((need) => {
      const needed = placed[need - 1]
      if (!needed) return [`agent ${number} needs agent ${need}, and there is none`]
      if (needed.stage < stage || (sequential && needed.stage === stage && need < number)) return []
      const back = needed.agent.needs?.includes(number) ? ', which needs it in turn: a cycle' : ''
      const where = needed.stage === stage ? 'which works beside it' : 'which works later'
      return [`agent ${number} needs agent ${need}${back === '' ? `, ${where}` : back}`]
    }),
  )
}

function unknownModels(agents: Agent[]): string[] {
  const unknown = agents.flatMap(({ model }) => (model !== null && !findModel(model) ? [model] : []))
  return [...new Set(unknown)].map((model) => `no model is called ${JSON.stringify(model.slice(0, 60))}`)
}
