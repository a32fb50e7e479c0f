// The simulated review: places a pattern points at, in the files the request carries, for the expert it names. A handful
// per expert, spread over patterns and files, in an order that depends on nothing but the files.

import { jsonForSchema, type Schema } from './json-for-schema.js'
import { behaviour } from './review-behaviour.js'
import type { Detector, Severity } from './review-detector.js'
import { filesIn } from './review-files.js'
import { upkeep } from './review-upkeep.js'

type Finding = { file: string; line: number; severity: Severity; title: string; detail: string }

const MOST_PER_EXPERT = 6
const MOST_PER_TITLE = 2
const order: Severity[] = ['critical', 'high', 'medium', 'low']

/** The answer of a review request; undefined when the schema asks for no findings or no files were given. */
export function reviewAnswer(schema: Schema, system: string[], prompt: string): unknown {
  const properties = schema.properties as Record<string, Schema> | undefined
  const items = properties?.findings?.items as Schema | undefined
  const fields = items?.properties as Record<string, Schema> | undefined
  if (!properties || !fields?.file || !fields.line) return undefined
  const findings = findingsIn([...system, prompt].join('\n'), expertIn([...system, prompt]))
  if (!findings) return undefined
  const { findings: _, ...others } = properties
  const rest = jsonForSchema({ ...schema, properties: others }, 'the review') as Record<string, unknown>
  return { ...rest, findings: findings.map((finding) => onlyFields(finding, fields)) }
}

const onlyFields = (finding: Finding, fields: Record<string, Schema>) => ({
  ...Object.fromEntries(Object.entries(finding).filter(([name]) => name in fields)),
})

function expertIn(texts: string[]): string {
  for (const text of texts) {
    const name = /^\s*You are (?:the|a|an) ([\w -]+?) (?:expert|reviewer)\b/i.exec(text)?.[1]
    if (name) return name.toLowerCase()
  }
  return ''
}

/** Undefined when the text holds no files at all. */
function findingsIn(text: string, expert: string): Finding[] | undefined {
  const files = filesIn(text)
  if (files.length === 0) return undefined
  const all = detectorsOf(expert).flatMap(({ severity, title, detail, lines }) =>
    files.flatMap((file) =>
      lines(file).map((line) => ({ file: file.path, line, severity, title, detail: `SIMULATED: ${detail}` })),
    ),
  )
  const perTitle = new Map<string, number>()
  return all
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .filter(({ title }) => {
      const count = (perTitle.get(title) ?? 0) + 1
      perTitle.set(title, count)
      return count <= MOST_PER_TITLE
    })
    .slice(0, MOST_PER_EXPERT)
}

/** The patterns of an expert by name; all of them for one that is not known. */
function detectorsOf(expert: string): Detector[] {
  const detectors = { ...behaviour, ...upkeep }
  const known = Object.keys(detectors).find((name) => expert.includes(name) || name.includes(expert || '-'))
  return known === undefined ? Object.values(detectors).flat() : (detectors[known] ?? [])
}
