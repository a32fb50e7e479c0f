// What tests said, in a few words: how many pass where the runner says it, else how they ended.
import type { TestReport } from '../../contracts/code.js'

export function saidOfTests({ ok, passed, total, exitCode, ended }: TestReport): string {
  const counted = passed !== undefined && total !== undefined
  if (ok) return counted ? `${passed}/${total} passing` : 'passed'
  const why = ended ?? `exit code ${exitCode ?? 'none'}`
  return counted ? `${passed}/${total} passing, failed (${why})` : `failed (${why})`
}
