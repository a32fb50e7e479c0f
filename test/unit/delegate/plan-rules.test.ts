// What a planner may not do: hand the task on to itself, say the same twice, or ask for more than there is.
import { describe, expect, it } from 'vitest'
import { faultsOf, fingerprint } from '../../../src/activities/delegate/plan-rules.js'

const part = (id: string, task = `do ${id}`) => ({ id, task })
const faults = (parts: { id: string; task: string }[], most = 8, above: string[] = ['the task']) =>
  faultsOf({ parts }, { ancestors: above.map(fingerprint), most }).join('; ')

describe('a plan', () => {
  it('of parts with names and tasks of their own passes', () => {
    expect(faults([part('data-model'), part('api2')])).toBe('')
  })

  it.each([
    ['the task again', [part('aa'), part('bb', 'the task')], /part "bb" is the task itself/],
    [
      'the task in other case, white space and marks',
      [part('aa'), part('bb', '  THE\n“task”!')],
      /part "bb" is the task/,
    ],
    ['the same part twice', [part('aa'), part('bb', 'Do: AA')], /part "bb" has the same task as part "aa"/],
    ['one name twice', [part('aa'), part('aa', 'else')], /part "aa" is there twice/],
    ['an empty part', [part('aa'), part('bb', ' \n')], /part "bb" has an empty task/],
    ['half a character', [part('aa'), part('bb', 'x \ud800')], /part "bb": its task is no text/],
    ['a name that is a path', [part('aa'), part('../b')], /part "\.\.\/b": an id is 1 to 24/],
    ['a name of our own', [part('aa'), part('integrate')], /"integrate": that id is taken/],
    ['the name of its live text', [part('aa'), part('stream')], /"stream": that id is taken/],
    ['one part', [part('aa')], /a single part is the whole task again/],
  ])('with %s is refused, naming the part', (_, parts, why) => {
    expect(faults(parts)).toMatch(why)
  })

  it('that names a task above its own is refused', () => {
    expect(faults([part('aa'), part('bb', 'The top task')], 8, ['its own', 'the top task'])).toMatch(
      /one it is a part of/,
    )
  })

  it('of more than 8 parts, or more than there are calls for, is refused with the number', () => {
    const nine = Array.from({ length: 9 }, (_, index) => part(`p${index}`))
    expect(faults(nine)).toMatch(/9 parts; at most 8/)
    expect(faults(nine.slice(0, 4), 3)).toMatch(/4 parts; at most 3/)
  })

  it('without parts must say why, and one with parts must not say there should be none', () => {
    expect(faults([])).toMatch(/does not say why/)
    expect(faultsOf({ parts: [], alone: 'too small' }, { ancestors: [], most: 8 })).toEqual([])
    const both = { parts: [part('aa'), part('bb')], alone: 'too small' }
    expect(faultsOf(both, { ancestors: [], most: 8 }).join()).toMatch(/says in "alone"/)
  })

  it('of tasks without a single letter is told apart by what they are', () => {
    expect(faults([part('aa', '???'), part('bb', '!!!')])).toBe('')
    expect(faults([part('aa', '???'), part('bb', ' ??? ')])).toMatch(/same task/)
  })
})
