// The experts' answers become one list of findings. Code merges and sorts; the model is asked only for the summary above
// it, and the report stands without it.
import type { Consolidated, ConsolidateRequest } from '../../contracts/review.js'
import type { CallDeps } from '../call/deps.js'
import type { StoredCall } from '../call/request.js'
import type { ReviewKeep } from '../prepare/review.js'
import { worstOfStored } from '../prepare/worst.js'
import { readableStorageErrors } from '../storage-errors.js'
import { readText } from '../texts.js'
import { parseExpertAnswer } from './answer.js'
import { mergeFindings } from './merge.js'
import { summaryPrompt } from './report.js'

const SUMMARY_SYSTEM = `You sum up a code review for the people who will act on it. At most 150 words of plain prose: what matters most and why, what to do first, and which findings belong together. Name files. Say so when there is little to say. No headings, no lists, nothing that is not in the findings.`

export function createConsolidate({ store }: CallDeps) {
  return async function consolidate({ root, files, items }: ConsolidateRequest): Promise<Consolidated> {
    return readableStorageErrors(async () => {
      const keep = JSON.parse(await store.text(files)) as ReviewKeep
      const byId = new Map(keep.items.map((item) => [item.id, item]))
      const answered = items.flatMap(({ id, status, text }) => {
        const item = byId.get(id)
        return item && status === 'ok' && text !== undefined ? [{ ...item, text }] : []
      })
      const answers = await Promise.all(
        answered.map(async ({ expert, group, text }) => {
          const { findings } = parseExpertAnswer(await readText(store, text))
          return { expert, group, findings }
        }),
      )
      const findings = mergeFindings(answers, keep.files)
      const experts = [...new Set(answers.map((answer) => answer.expert))]
      const call: StoredCall = {
        id: 'summary',
        ...keep.summary,
        system: [{ type: 'text', text: SUMMARY_SYSTEM }],
        messages: [{ role: 'user', content: summaryPrompt(findings, experts) }],
      }
      return {
        findings: await store.put(root, JSON.stringify(findings)),
        count: findings.length,
        summary: {
          page: await store.put(root, JSON.stringify([call])),
          index: 0,
          model: call.model,
          worstUsd: worstOfStored(call),
        },
      }
    })
  }
}
