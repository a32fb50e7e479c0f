import { expect, it } from 'vitest'
import { nodeCheck } from '../../src/cli/checks.js'
import { expertList } from '../../src/cli/commands/run-review.js'
import { exitOfError, exitOfResult } from '../../src/cli/exit-code.js'
import { parsePatch } from '../../src/cli/follow/prompted-json.js'
import { colours, harmless } from '../../src/cli/output.js'
import { commonInput, confirm, whole } from '../../src/cli/run-options.js'
import { ageOf } from '../../src/cli/views/age.js'
import { newBoard, note } from '../../src/cli/views/board.js'
import { costTable, savedLine } from '../../src/cli/views/cost-table.js'
import { drawn } from '../../src/cli/views/live-view.js'
import { dollars } from '../../src/cli/views/money.js'
import { markdownOf } from '../../src/cli/views/report.js'
import { ConnectionError, InvalidInputError, NoResultError, RunNotFoundError } from '../../src/client/errors.js'
import { reportOf } from '../../src/client/snapshot.js'
import type { ItemResult, RunResult, RunStatus } from '../../src/contracts/outcome.js'
import { noUsage } from '../../src/contracts/usage.js'

const item = (change: Partial<ItemResult> = {}): ItemResult => {
  return { id: 'a', status: 'ok', text: 'yes', usage: noUsage(), usd: 0.5, attempts: 1, warnings: [], ...change }
}
const result = (status: RunStatus, items: ItemResult[] = [item()]): RunResult => {
  return { status, usage: noUsage(), usd: 0.5, savedUsd: 0.25, items }
}

it('what a person’s own workflow returned is what is shown of it', () => {
  expect(markdownOf(Object.assign(result('completed'), { output: 'Done.' }))).toBe('Done.')
  expect(markdownOf(Object.assign(result('completed'), { output: { page: 1 } }))).toBe(
    '```json\n{\n  "page": 1\n}\n```',
  )
})

it('exit codes follow the status of the run', () => {
  const codes = (['completed', 'planned', 'failed', 'rejected', 'interrupted', 'partial'] as const).map((status) =>
    exitOfResult(result(status)),
  )
  expect(codes).toEqual([0, 0, 1, 6, 7, 8])
})

it('a run whose every item was refused the key exits with 4, one other failure makes it 1', () => {
  const refused = item({ status: 'error', error: { type: 'AuthenticationFailed', message: 'no' } })
  const other = item({ status: 'error', error: { type: 'BadRequest', message: 'no' } })
  expect(exitOfResult(result('failed', [refused, refused]))).toBe(4)
  expect(exitOfResult(result('failed', [refused, other]))).toBe(1)
})

it('errors of the user have codes of their own, a bug has none', () => {
  expect(exitOfError(new InvalidInputError('x'))).toBe(2)
  expect(exitOfError(new ConnectionError('x'))).toBe(4)
  expect(exitOfError(new RunNotFoundError('x'))).toBe(5)
  expect(exitOfError(new NoResultError('cancelled', 'x'))).toBe(7)
  expect(exitOfError(new TypeError('x'))).toBeUndefined()
})

it('dollars are never rounded to nothing, and unknown is not free', () => {
  expect([0, 0.0000021, 0.0123, 12.3, -0.5, null].map(dollars)).toEqual([
    '$0',
    '$0.000002',
    '$0.0123',
    '$12.30',
    '-$0.5000',
    'unknown',
  ])
})

it('--confirm takes always, never and dollars; --yes means never', () => {
  expect(['always', 'never', '0.5', '$2'].map(confirm)).toEqual(['always', 'never', { overUsd: 0.5 }, { overUsd: 2 }])
  for (const bad of ['', 'maybe', '-1', '1e3', 'NaN']) expect(() => confirm(bad)).toThrow(/Wanted/)
  expect(commonInput({ confirm: 'always', yes: true, dryRun: true })).toEqual({ confirm: 'never', dryRun: true })
})

it('a count is a whole number from 1', () => {
  expect(whole('12')).toBe(12)
  for (const bad of ['0', '-1', '1.5', 'x', '', '99999999999']) expect(() => whole(bad)).toThrow(/whole number/)
})

it('experts are names or absolute paths of Markdown files', () => {
  expect(expertList('security, ./money.md')).toEqual(['security', expect.stringMatching(/^\/.*\/money\.md$/)])
})

it('a patch is a JSON object and nothing else', () => {
  expect(parsePatch('{"model": null}')).toEqual({ model: null })
  for (const bad of ['', '[1]', '"x"', 'null', '{']) expect(parsePatch(bad)).toBeUndefined()
})

it('Markdown of several items has a head for each, of one its text alone', () => {
  expect(markdownOf(result('completed'))).toBe('yes')
  const failed = item({ id: 'b', status: 'error', text: undefined, error: { type: 'BadRequest', message: 'why' } })
  expect(markdownOf(result('partial', [item(), failed]))).toBe('## a\n\nyes\n\n## b\n\n*error: BadRequest: why*')
})

it('a text this machine does not have is shown by its head and named', () => {
  const text = { ref: 'sha256:00', bytes: 9000, head: 'It begins' }
  expect(markdownOf(result('completed', [item({ text })]))).toMatch(/It begins….*9000 bytes.*sha256:00/s)
})

it('the cost table sums what it does not show', () => {
  const items = Array.from({ length: 30 }, (_, at) => item({ id: `i${at}` }))
  const lines = costTable(result('completed', items), 20).split('\n')
  expect(lines).toHaveLength(1 + 20 + 1 + 1)
  expect(lines[21]).toMatch(/^10 more .*\$5\.00$/)
  expect(savedLine({ ...result('completed'), savedUsd: -0.25 })).toBe('lost by the cache: $0.2500')
})

it('the live view keeps those at work in sight and draws no control characters', () => {
  const board = newBoard()
  for (let at = 0; at < 100; at++) {
    const status = at === 99 ? 'running' : 'waiting'
    note(board, { type: 'progress', item: `i${at}`, status, tokens: 1, lastLine: 'a\u001b[2Jb', usd: 0 })
  }
  const shown = drawn(board, colours(process.stderr), 24, 80)
  expect(shown.split('\n').length).toBeLessThanOrEqual(24)
  expect(shown).toMatch(/i99 +running/)
  expect(shown).toMatch(/and \d+ more/)
  expect(shown).not.toContain('\u001b[2J')
})

it('ages are told in the one unit that tells', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  const ages = ['2026-11-21T11:59:58Z', '2026-11-21T11:01:00Z', '2026-11-18T12:00:00Z'].map((from) => ageOf(from, now))
  expect(ages).toEqual(['2 s', '59 m', '3 d'])
})

it('an old Node is named with the one that is wanted', () => {
  expect(nodeCheck('20.18.9')).toEqual({ name: 'node', state: 'bad', found: '20.18.9; wanted 20.19 or newer' })
  expect(nodeCheck('20.19.0').state).toBe('good')
  expect(nodeCheck('22.1.0').state).toBe('good')
})

it('nothing that others wrote can drive the terminal of a watcher', () => {
  const evil = '\x1b]0;owned\x07\x1b[2J\r\u009b31m'
  const board = newBoard()
  const report = { ...reportOf('parallel', result('completed')), title: `title${evil}` }
  note(board, { type: 'status', status: 'running', report })
  const progress = { item: `id${evil}`, status: 'running', tokens: 1, lastLine: `text${evil}`, usd: 0 } as const
  note(board, { type: 'progress', ...progress })
  const shown = drawn(board, colours({ isTTY: false } as NodeJS.WriteStream), 24, 200)
  expect(shown).toMatch(/^completed · title .*\n.*\n.* id .* text/)
  expect(shown).not.toMatch(/[^\P{Cc}\n]/u)
  expect(harmless(`a\tb\n${evil}`)).toBe('a\tb\n]0;owned[2J31m')
})
