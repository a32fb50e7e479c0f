// The dashboard shows what workers count, all of it, by the names and labels they count it by.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { METRICS, type MetricName } from '../../src/contracts/metrics.js'

type Panel = { type: string; title: string; gridPos: { x: number; w: number }; targets?: { expr: string }[] }

const file = join(import.meta.dirname, '../../deploy/grafana-dashboard.json')
const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { panels: Panel[] }
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** As the exporter writes a metric's series. */
const series = Object.entries(METRICS).flatMap(([name, { kind }]) =>
  (kind === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).map((suffix) => ({ name, series: name + suffix })),
)
const metricsIn = (query: string): string[] => query.match(/\b(agent|ensemble)_\w+/g) ?? []

it('every panel asks for something, and fits the grid', () => {
  const drawn = panels.filter(({ type }) => type !== 'row')
  expect(drawn.length).toBeGreaterThan(10)
  for (const { title, targets, gridPos } of drawn) {
    expect(targets?.length, title).toBeGreaterThan(0)
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
  }
})

it('asks for nothing that no worker counts, and leaves nothing out', () => {
  const asked = new Set(queries.flatMap(metricsIn))
  expect([...asked].filter((one) => !series.some((known) => known.series === one))).toEqual([])
  const shown = new Set(series.filter((one) => asked.has(one.series)).map(({ name }) => name))
  expect([...shown].sort()).toEqual(Object.keys(METRICS).sort())
})

it('groups and filters by labels the metrics have', () => {
  const common = ['le', 'instance', 'worker_type']
  for (const query of queries) {
    const names = series.filter((one) => metricsIn(query).includes(one.series)).map(({ name }) => name as MetricName)
    const labels: string[] = [...common, ...names.flatMap((name): readonly string[] => METRICS[name].labels)]
    const grouped = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
    const filtered = Array.from(query.matchAll(/[{,](\w+)!?=/g), ([, label = '']) => label)
    expect(
      [...grouped, ...filtered].filter((label) => !labels.includes(label)),
      query,
    ).toEqual([])
  }
})
