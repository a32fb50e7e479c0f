// Which commits a person is shown: all that an agent did, whatever it did last, and together the state that was tested.
import { afterEach, describe, expect, it } from 'vitest'
import { plansOf } from '../../../src/activities/code/planned-commits.js'
import { rehearse } from '../../../src/activities/code/rehearse.js'
import type { CodePlan, CodeReport, Piece } from '../../../src/contracts/code.js'
import { combine } from '../../../src/git/code/combine.js'
import { DATED, openTestRepository, type TestRepository } from '../../support/repository.js'

let repo: TestRepository
afterEach(() => repo.remove())

const agent = (id: string, files: string[]) => ({
  ...{ id, what: `Do ${id}`, task: id, files, criteria: [], model: 'claude-haiku-5-5', tokens: 1, minutes: 1, usd: 0 },
})
const plan: CodePlan = {
  summary: '',
  stages: [
    { title: 'one', mode: 'parallel', agents: [agent('A', ['a']), agent('B', ['b'])] },
    { title: 'two', mode: 'parallel', agents: [agent('C', ['a'])] },
  ],
}

function piece(agent: string, base: string, files: Record<string, string>): Piece {
  repo.git('checkout', '--quiet', '--detach', base)
  for (const [path, text] of Object.entries(files)) repo.write(path, text)
  const commit = repo.commit(agent)
  repo.git('checkout', '--quiet', '--force', 'main')
  return { agent, base, commit }
}

async function offered(base: string, pieces: Piece[], reports = new Map<string, CodeReport>()) {
  const place = { repository: repo.top, ref: 'refs/ensemble/r/offered' }
  const together = await combine({ ...place, onto: base, pieces, message: 'all', ...DATED })
  if (together.kind !== 'clean') throw new Error('the pieces do not fit together')
  const plans = plansOf({ plan, pieces, reports, run: 'r' })
  const { commits, files } = await rehearse({ ...place, ...DATED }, { base, wanted: together.commit, plans })
  return { subjects: commits.map(({ message }) => message.split('\n')[0]), files: Object.fromEntries(files) }
}

describe('the commits that are offered', () => {
  it('hold all parts of an agent as one, with the lines of all of them', async () => {
    repo = await openTestRepository({ 'README.md': '# A\n' })
    const base = repo.git('rev-parse', 'HEAD')
    const a = piece('A', base, { a: 'one\n' })
    const b = piece('B', base, { b: 'two\n' })
    const again = piece('A', a.commit, { a: 'one\nmore\n' })
    expect(await offered(base, [a, b, again])).toEqual({
      subjects: ['[A] Do A', '[B] Do B'],
      files: {
        A: [{ path: 'a', change: 'created', added: 2, removed: 0 }],
        B: [{ path: 'b', change: 'created', added: 1, removed: 0 }],
      },
    })
  })

  it('hold the work of an agent that was asked again and changed nothing', async () => {
    repo = await openTestRepository({ 'README.md': '# A\n' })
    const base = repo.git('rev-parse', 'HEAD')
    const a = piece('A', base, { a: 'one\n' })
    const nothing: CodeReport = { agent: 'A', what: 'Do A', work: 'it was right', files: [], criteria: [], outside: [] }
    const { subjects, files } = await offered(base, [a], new Map([['A', nothing]]))
    expect(subjects).toEqual(['[A] Do A'])
    expect(files.A).toHaveLength(1)
  })

  it('come in the order the work was done, where a part fits nowhere else', async () => {
    repo = await openTestRepository({ 'README.md': '# A\n' })
    const base = repo.git('rev-parse', 'HEAD')
    const a = piece('A', base, { a: 'one\n' })
    const c = piece('C', a.commit, { a: 'one, by C\n' })
    const again = piece('A', c.commit, { a: 'one, by C and A\n' })
    const { subjects, files } = await offered(base, [a, c, again])
    expect(subjects).toEqual(['[A] Do A', '[C] Do C', '[A] Do A, again'])
    expect(files.A).toHaveLength(2)
    expect(repo.git('show', 'refs/ensemble/r/offered:a')).toBe('one, by C and A')
  })
})
