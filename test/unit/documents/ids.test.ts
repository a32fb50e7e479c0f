import { expect, it } from 'vitest'
import { itemIds, synthesisId } from '../../../src/activities/documents/ids.js'

const item = (path: string, where = '', question = 0) => ({ path, where, question })

it('names the file, the lines or pages, and the question when there are several', () => {
  expect(itemIds([item('a/b.md'), item('c.md', '1-20'), item('d.pdf', 'p1-20')], 1)).toEqual([
    'a/b.md',
    'c.md:1-20',
    'd.pdf:p1-20',
  ])
  expect(itemIds([item('a.md', '', 0), item('a.md', '', 1)], 2)).toEqual(['a.md@q1', 'a.md@q2'])
})

it('gives each item a name of its own, short, of characters one can see', () => {
  const long = `${'x'.repeat(300)}/name.md`
  const ids = itemIds([item('synthesis'), item('a\nb'), item('a\tb'), item(long), item(long, '', 0)], 1)
  expect(new Set(ids).size).toBe(5)
  expect(ids.slice(0, 3)).toEqual(['synthesis~2', 'a?b', 'a?b~2'])
  for (const id of ids) expect(id.length).toBeLessThanOrEqual(100)
  expect(ids[3]).toMatch(/^…x+\/name\.md$/)
  expect(synthesisId(1, 3)).toBe('synthesis@q2')
})
