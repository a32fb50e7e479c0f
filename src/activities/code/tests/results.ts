// What a run of tests says of itself: how many passed and failed and which, where the runner is one that is known, and
// else only how it exited. A number that the output does not say is left out, never worked out.
import { compiled } from './runners/compiled.js'
import { javascript } from './runners/javascript.js'
import { python } from './runners/python.js'

/** `failing`: files or names of tests. `total`: those that were skipped, too. */
export type Results = { passed?: number; failed?: number; total?: number; ok: boolean; failing: string[] }

export type Counts = { passed?: number; failed?: number; total?: number; failing: string[] }

/**
 * Finds a runner's words in an output without colours; undefined: it is not this runner's. `atEnd`: what it says of all
 * tests stands at its end, so that the end of a long output is enough.
 */
export type Runner = { name: string; atEnd: boolean; read(text: string): Counts | undefined }

const RUNNERS: Runner[] = [...javascript, ...python, ...compiled]
const MOST_FAILING = 20
const NAME_CHARACTERS = 200
/** As `CappedOutput` says that it left out the middle. */
const LEFT_OUT = /\n… \(\d+ bytes left out\) …\n/
/** Colours and other commands to a terminal. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}(?:\\[[0-9;?]*[A-Za-z]|\\][^\\u0007]*\\u0007)`, 'g')

/** @param exitCode null: it was made to end */
export function readResults(output: string, exitCode: number | null): Results {
  const text = output.replace(ESCAPES, '').replaceAll('\r\n', '\n')
  const cut = LEFT_OUT.exec(text)
  const end = cut ? text.slice(cut.index + cut[0].length) : text
  const found = RUNNERS.filter(({ atEnd }) => atEnd || !cut).flatMap((runner) => runner.read(end) ?? [])
  const [passed, failed, total] = (['passed', 'failed', 'total'] as const).map((name) => sum(found, name))
  const failing = [...new Set(found.flatMap((counts) => counts.failing.map((name) => name.trim())))]
  return {
    ...(passed !== undefined && { passed }),
    ...(failed !== undefined && { failed }),
    ...(total !== undefined && { total }),
    ok: exitCode === 0 && (failed ?? 0) === 0,
    failing: failing.slice(0, MOST_FAILING).map((name) => name.slice(0, NAME_CHARACTERS)),
  }
}

/** Of several runners: known only if all of them say it. */
function sum(found: Counts[], name: 'passed' | 'failed' | 'total'): number | undefined {
  if (found.length === 0) return undefined
  return found.reduce<number | undefined>((all, counts) => {
    const one = counts[name]
    return all === undefined || one === undefined ? undefined : all + one
  }, 0)
}
