// Workers of a coding run that die at a step of an activity, one life after the other; see dying-worker.mjs.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stage } from './stage.js'
import type { WorkerProcess } from './worker-process.js'

const MAIN = new URL('./dying-worker.mjs', import.meta.url).pathname

/** The `at`th step (from 1) of the activity `in`, of those that `like` fits (a regular expression). */
export type Kill = { in: string; at: number; like?: string }
/** Workers of one home and task queue. */
export type Lives = {
  home: string
  taskQueue: string
  /** Without a kill it lives on. */
  begin(kill?: Kill): Promise<WorkerProcess>
  /** Files that tools put in their place, by their path in the working tree, as often as they did. */
  placed(): string[]
}

export function livesOf(stage: Stage, name: string): Lives {
  const home = join(stage.home, name)
  const steps = join(home, 'steps')
  return {
    ...{ home, taskQueue: name },
    begin: (kill) =>
      stage.addWorker({
        ...{ main: MAIN, home, taskQueue: name },
        env: { ENSEMBLE_TEST_STEPS: steps, ...(kill && { ENSEMBLE_TEST_KILL: JSON.stringify(kill) }) },
      }),
    placed() {
      if (!existsSync(steps)) return []
      const lines = readFileSync(steps, 'utf8').trim().split('\n')
      return lines.flatMap((line) => {
        const [activity, what] = JSON.parse(line) as [string, string]
        return activity === 'runTool' ? (/^renamed .*\/places\/code\/(.*)$/.exec(what)?.[1] ?? []) : []
      })
    },
  }
}
