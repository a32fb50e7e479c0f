// One list out of what several experts found. Places are compared, not opinions: what they say about the same line is
// one finding that names them all. The result depends on what was found, never on who answered first.
import type { Finding, Severity } from '../../contracts/outcome.js'
import { EXPERTS, type ExpertAnswer } from '../../contracts/schemas/index.js'
import { escapePath } from '../escape-path.js'

export type Answer = { expert: string; group?: number; findings: ExpertAnswer['findings'] }

const BUILT_IN: readonly string[] = EXPERTS

export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low']

/**
 * Sorted by severity, then place. A finding is unverified when its file, or that line of it, does not exist. Findings of
 * several experts at one place become one, of the highest severity, with every detail; two of one expert only when their
 * titles are about the same.
 */
export function mergeFindings(answers: Answer[], files: { path: string; lines: number }[]): Finding[] {
  const pathOf = pathFinder(files)
  const lines = new Map(files.map((file) => [file.path, file.lines]))
  const places = new Map<string, Finding[]>()
  for (const { expert, findings } of answers) {
    for (const { file: written, line, severity, title, detail } of findings) {
      const file = pathOf(written)
      const verified = line >= 1 && line <= (lines.get(file) ?? 0)
      const finding = { expert, file, line, severity, title: oneLine(title), detail: detail.trim(), verified }
      const place = JSON.stringify([file, line])
      places.set(place, [...(places.get(place) ?? []), finding])
    }
  }
  return [...places.values()].flatMap(mergePlace).sort(compare)
}

const oneLine = (text: string) => text.trim().replace(/\s+/g, ' ') || '(no title)'

/** Models write paths as they were shown, escaped, or with a `./` in front; all mean the file. */
function pathFinder(files: { path: string }[]): (written: string) => string {
  const known = new Map(files.map(({ path }) => [escapePath(path), path]))
  for (const { path } of files) known.set(path, path)
  return (written) => known.get(written) ?? known.get(written.trim().replace(/^(\.?\/)+/, '')) ?? written
}

function mergePlace(findings: Finding[]): Finding[] {
  const experts = new Set(findings.map((finding) => finding.expert))
  if (experts.size > 1) return [mergeOne(findings)]
  const byTitle = new Map<string, Finding[]>()
  for (const finding of findings) {
    const about = bare(finding.title)
    byTitle.set(about, [...(byTitle.get(about) ?? []), finding])
  }
  return [...byTitle.values()].map(mergeOne)
}

/** A title without what does not change its meaning. */
const bare = (title: string) =>
  title
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu)
    ?.sort()
    .join(' ') ?? title

function mergeOne(findings: Finding[]): Finding {
  const sorted = [...findings].sort(compare)
  const first = sorted[0]!
  const experts = [...new Set(sorted.map((finding) => finding.expert))].sort(byRank)
  const details = new Set(sorted.map((finding) => detailOf(finding, first, experts.length > 1)))
  return { ...first, expert: experts.join(', '), detail: [...details].filter(Boolean).join('\n\n') }
}

function detailOf({ expert, title, detail, severity }: Finding, first: Finding, several: boolean): string {
  const labels = [
    ...(several ? [expert] : []),
    ...(severity === first.severity ? [] : [severity]),
    ...(bare(title) === bare(first.title) ? [] : [title]),
  ]
  return labels.length > 0 && detail ? `${labels.join(', ')}: ${detail}` : labels.join(', ') || detail
}

/** Built-in experts in their usual order, then people's own by name. */
function byRank(a: string, b: string): number {
  const rank = (name: string) => {
    const index = BUILT_IN.indexOf(name)
    return index < 0 ? BUILT_IN.length : index
  }
  return rank(a) - rank(b) || byText(a, b)
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function compare(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    byText(a.file, b.file) ||
    a.line - b.line ||
    byRank(a.expert, b.expert) ||
    byText(a.title, b.title) ||
    byText(a.detail, b.detail)
  )
}
