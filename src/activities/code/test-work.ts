// The tests of all the work together, in a tree of their own that is thrown away; and whose files they complain of.
import { Context } from '@temporalio/activity'
import type { CodePlan, TestedWork, TestWorkRequest } from '../../contracts/code.js'
import { addWorktree, removeWorktree } from '../../git/code/worktree.js'
import type { ActivityDeps } from '../deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepText } from '../texts.js'
import { repositoryErrors } from './errors.js'
import { keptCode, keptPlan, placeOf } from './keep.js'
import { runTests } from './tests/run-tests.js'

const TIMEOUT_SECONDS = 1800

export function createTestWork({ store, env, settings, home }: ActivityDeps) {
  return async function testWork(request: TestWorkRequest): Promise<TestedWork> {
    const { root, keep, plan, commit, attempt, inlineBytes } = request
    return readableStorageErrors(() =>
      repositoryErrors(async () => {
        const { repository, test: command, options } = await keptCode(store, keep)
        if (command === undefined) throw new Error('there is no command that runs the tests')
        const path = await placeOf(store, request, 'tests', attempt)
        // Whatever an earlier attempt of this activity left in it.
        await removeWorktree({ repository: repository.top, path })
        await addWorktree({ repository: repository.top, path, commit })
        try {
          const { exitCode, output, seconds, ok, passed, total, failing, ended } = await runTests({
            ...{ cwd: path, command, signal: Context.current().cancellationSignal, timeoutSeconds: TIMEOUT_SECONDS },
            ...{ sandboxed: !options.allowUnsandboxed, env },
            sandbox: { allowOldBubblewrap: settings.sandbox.allowOldBubblewrap, hidden: [home] },
          })
          const report = {
            ...{ command, ok, failing, exitCode, seconds: Math.round(seconds * 10) / 10 },
            ...(passed !== undefined && { passed }),
            ...(total !== undefined && { total }),
            ...(ended !== undefined && { ended }),
            output: await keepText(store, root, output.replaceAll(path, '.'), inlineBytes),
          }
          // Tests that did not run to their end complain of nobody.
          return {
            report,
            blamed: ok || ended !== undefined ? [] : blamedBy(await keptPlan(store, plan), output, failing),
          }
        } finally {
          await removeWorktree({ repository: repository.top, path })
        }
      }),
    )
  }
}

/** Who owns a file the output names; where it names none of them, those of the last stage, whose work is the newest. */
function blamedBy({ stages }: CodePlan, output: string, failing: string[]): string[] {
  const said = `${failing.join('\n')}\n${output}`
  const named = stages
    .flatMap(({ agents }) => agents)
    .filter(({ files }) => files.some((file) => !file.endsWith('/') && said.includes(file)))
  const blamed = named.length > 0 ? named : (stages.at(-1)?.agents ?? [])
  return blamed.map(({ id }) => id)
}
