// Before anybody works in the workspace: what it holds is kept, once for each run, and the agent's task is written.
import { builtinAgent } from '../../agents/builtin.js'
import { FixAccount, fixTask } from '../../agents/fixing.js'
import type { BeginFixRequest, BegunFix } from '../../contracts/fix.js'
import type { AgentDefinition, ThreadInput } from '../../contracts/schemas/index.js'
import { takeSnapshot } from '../../git/snapshot.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import type { FixItem } from './offer-fixes.js'
import { type FixKeep, keptFix, snapshotsOf } from './workspace.js'

const DEFAULT_AGENT = 'fixer'

export function createBeginFix({ store }: CallDeps) {
  return async function beginFix({ root, files, run, list, ids }: BeginFixRequest): Promise<BegunFix> {
    return readableStorageErrors(async () => {
      const fix = await keptFix(store, files)
      const items = (JSON.parse(await store.text(list)) as FixItem[]).filter(({ id }) => ids.includes(id))
      // A second attempt of this activity may come when the agent has begun.
      const name = `fix ${run}`
      const noted = (await store.read(root, name)) as string | undefined
      const snapshot = noted ?? (await takeSnapshot(await snapshotsOf(store, root, fix)))
      if (noted === undefined) await store.note(root, name, snapshot)
      return { snapshot, input: inputOf(fix, items) }
    })
  }
}

function inputOf({ workspace, options }: FixKeep, items: FixItem[]): ThreadInput {
  const { agent = DEFAULT_AGENT, model, test, permissionMode = 'acceptEdits', permissions, ...rest } = options
  // With a star in it the rule would stand for other commands, too: then it is asked about.
  const allow = [...(permissions?.allow ?? []), ...(test === undefined || test.includes('*') ? [] : [`Bash(${test})`])]
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    agent: withAccount(agent),
    ...(model !== undefined && { model }),
    ...{ workspace, permissionMode, permissions: { ...permissions, allow } },
    task: fixTask(items, test),
    stream: false,
  }
}

/** Of one that says itself how it ends nothing else is wanted. */
function withAccount(agent: string | AgentDefinition): string | AgentDefinition {
  const definition = typeof agent === 'string' ? builtinAgent(agent) : agent
  return definition ? { output: FixAccount, ...definition } : agent
}
