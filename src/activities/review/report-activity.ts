// Writes the report from what is stored: the findings, the files, how each expert ended, and the summary if there is one.
import type { Finding } from '../../contracts/outcome.js'
import type { Report, ReportRequest } from '../../contracts/review.js'
import type { CallDeps } from '../call/deps.js'
import type { ReviewKeep } from '../prepare/review.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepText, readText } from '../texts.js'
import { writeReport } from './report.js'

/** Findings a result carries itself. */
const MOST_FINDINGS = 500

export function createReport({ store }: CallDeps) {
  return async function report(request: ReportRequest): Promise<Report> {
    return readableStorageErrors(async () => {
      const keep = JSON.parse(await store.text(request.files)) as ReviewKeep
      const findings = JSON.parse(await store.text(request.findings)) as Finding[]
      const experts = new Map(keep.items.map((item) => [item.id, item.expert]))
      const text = writeReport({
        title: request.title,
        ...(request.summary !== undefined && { summary: await readText(store, request.summary) }),
        simulated: request.server === 'simulated',
        findings,
        experts: request.items.map(({ id, status, note, usd }) => ({
          name: id,
          status,
          ...(note && { note }),
          findings: findings.filter(({ expert }) => expert.split(', ').includes(experts.get(id) ?? id)).length,
          usd,
        })),
        files: keep.files.length,
        leftOut: keep.leftOut,
      })
      return {
        report: await keepText(store, request.root, text, request.inlineBytes),
        findings: findings.slice(0, MOST_FINDINGS),
      }
    })
  }
}
