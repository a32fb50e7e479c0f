// A working tree of an agent's own, and what its thread is started with: its assignment, its files, and nothing else of
// the machine.
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Again, assignmentTask, programmer, VERIFY_TASK } from '../../agents/coding/programmer.js'
import type { OpenedWorktree, OpenWorktreeRequest } from '../../contracts/code.js'
import type { ThreadInput } from '../../contracts/schemas/index.js'
import { addWorktree } from '../../git/code/worktree.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { headOf, readText } from '../texts.js'
import { repositoryErrors } from './errors.js'
import { agentOf, type CodeKeep, keptCode, keptPlan, placeOf } from './keep.js'

/** Model calls of one turn. */
const MAX_STEPS = 60
/** Of a test's output, for whoever repairs. */
const OUTPUT_CHARACTERS = 12_000

export function createOpenWorktree({ store }: CallDeps) {
  return async function openWorktree(request: OpenWorktreeRequest): Promise<OpenedWorktree> {
    const { keep, plan, agent, attempt, commit, again } = request
    return readableStorageErrors(() =>
      repositoryErrors(async () => {
        const kept = await keptCode(store, keep)
        const own = agentOf(await keptPlan(store, plan), agent)
        const path = await placeOf(store, request, agent, attempt)
        await addWorktree({ repository: kept.repository.top, path, commit })
        const told = again && (await toldAgain(again))
        const { id, task, files, criteria, model } = own
        const assignment = assignmentTask(
          { agent: id, task, files, criteria },
          {
            request: kept.request,
            ...(kept.test !== undefined && { test: kept.test }),
            ...(told && { again: told }),
          },
        )
        const there = await Promise.all(files.map((file) => lstat(join(path, file)).then(() => true, absent)))
        const existing = files.filter((_, index) => there[index])
        return { path, input: inputOf(kept, { id, files, model, path, assignment }), existing }
      }),
    )
  }

  async function toldAgain({ note, by, output }: NonNullable<OpenWorktreeRequest['again']>): Promise<Again> {
    if (output === undefined) return { note, by }
    const text = await readText(store, output)
    const half = OUTPUT_CHARACTERS / 2
    const cut =
      text.length <= OUTPUT_CHARACTERS ? text : `${headOf(text, half)}\n… cut …\n${text.slice(text.length - half)}`
    return { note, by, output: cut }
  }
}

type Own = { id: string; files: string[]; model: string; path: string; assignment: string }

function inputOf({ options, test }: CodeKeep, { id, files, model, path, assignment }: Own): ThreadInput {
  const { permissions, engine, approvers, onUnknown, allowUnsandboxed, audit, maxTokens } = options
  const { timeoutSeconds, maxRetries, maxWaitSeconds, maxSteps = MAX_STEPS } = options
  // With a star in it the rule would stand for other commands, too: then it is asked about.
  const tests = test === undefined || test.includes('*') ? [] : [`Bash(${test})`]
  return {
    agent: programmer(agentName(id), model, maxSteps),
    ...{ model, maxTokens, workspace: path, owns: files, permissionMode: 'acceptEdits' },
    permissions: { ...permissions, allow: [...(permissions?.allow ?? []), ...tests] },
    ...{ task: assignment, verify: VERIFY_TASK, stream: false },
    ...(engine && { engine }),
    ...(approvers && { approvers }),
    ...(onUnknown && { onUnknown }),
    ...(allowUnsandboxed && { allowUnsandboxed }),
    ...(audit !== undefined && { audit }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(maxRetries !== undefined && { maxRetries }),
    ...(maxWaitSeconds !== undefined && { maxWaitSeconds }),
  }
}

/** As agents may be called. */
const agentName = (id: string) => id.replace(/[^\w.-]+/g, '-').slice(0, 64)

function absent(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false
  throw error
}
