// Before anybody works in the workspace: what it holds is kept, once for each run, and the agent's task is written.
import { builtinAgent } from '../../agents/builtin.js'
import { FixAccount, fixTask } from '../../agents/fixing.js'
import type { BeginFixRequest, BegunFix } from '../../contracts/fix.js'
import type { AgentDefinition, ThreadInput } from '../../contracts/schemas/index.js'
import { leftOutOf, takeSnapshot } from '../../git/snapshot.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import type { FixItem } from './offer-fixes.js'
import { type FixKeep, keptFix, snapshotsOf } from './workspace.js'

const DEFAULT_AGENT = 'fixer'
/** Of files and directories that git ignores. */
const MOST_LEFT_OUT = 500

export function createBeginFix({ store }: CallDeps) {
  return async function beginFix({ root, files, run, list, ids }: BeginFixRequest): Promise<BegunFix> {
    return readableStorageErrors(async () => {
      const fix = await keptFix(store, files)
      const items = (JSON.parse(await store.text(list)) as FixItem[]).filter(({ id }) => ids.includes(id))
      // A second attempt of this activity may come when the agent has begun.
      const name = `fix ${run}`
      const noted = (await store.read(root, name)) as string | undefined
      const snapshots = await snapshotsOf(store, root, fix)
      const snapshot = noted ?? (await takeSnapshot(snapshots))
      if (noted === undefined) await store.note(root, name, snapshot)
      return { snapshot, input: inputOf(fix, items, askedAbout(await leftOutOf(snapshots))) }
    })
  }
}

/** What cannot be undone is asked about; undefined: that is too much to list, and so is every edit. */
function askedAbout(leftOut: string[]): string[] | undefined {
  if (leftOut.length > MOST_LEFT_OUT) return undefined
  // A star stands for what no rule may hold: one file more is asked about.
  return leftOut.map((path) => `Edit(/${path.replace(/\p{Cc}/gu, '*')})`)
}

function inputOf({ workspace, options }: FixKeep, items: FixItem[], leftOut: string[] | undefined): ThreadInput {
  const { agent = DEFAULT_AGENT, model, test, permissionMode = 'acceptEdits', permissions, ...rest } = options
  const ask = [...(permissions?.ask ?? []), ...(leftOut ?? ['Edit'])]
  // With a star in it the rule would stand for other commands, too: then it is asked about.
  const allow = [...(permissions?.allow ?? []), ...(test === undefined || test.includes('*') ? [] : [`Bash(${test})`])]
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    agent: withAccount(agent),
    ...(model !== undefined && { model }),
    ...{ workspace, permissionMode, permissions: { ...permissions, allow, ask } },
    task: fixTask(items, test),
    stream: false,
  }
}

/** Of one that says itself how it ends nothing else is wanted. */
function withAccount(agent: string | AgentDefinition): string | AgentDefinition {
  const definition = typeof agent === 'string' ? builtinAgent(agent) : agent
  return definition ? { output: FixAccount, ...definition } : agent
}
