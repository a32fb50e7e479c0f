import { describe, expect, it } from 'vitest'
import { NEEDS, type Need, needsOf, type Route, route } from '../../src/client/route.js'

/** The decision matrix, row by row: what is needed, and which of the two ways it goes. */
const MATRIX: [Need, Route['use']][] = [
  ['analysis', 'parallel'],
  ['perspectives', 'parallel'],
  ['files', 'agent'],
  ['shell', 'agent'],
  ['code execution', 'agent'],
  ['sandbox', 'agent'],
  ['turns with tools', 'agent'],
  ['cost', 'parallel'],
  ['simple setup', 'parallel'],
]

describe('route', () => {
  it.each(MATRIX)('%s goes to %s', (need, use) => {
    const routed = route({ needs: [need] })
    expect(routed.use).toBe(use)
    expect(routed.engine).toBe(use === 'agent' ? 'builtin' : undefined)
    expect(routed.why).toHaveLength(1)
    expect(routed.command).toMatch(/^ensemble /)
  })

  it('sends a conversation without tools to a thread, with them to an agent', () => {
    expect(route({ needs: ['conversation', 'cost'] }).use).toBe('thread')
    expect(route({ needs: ['conversation', 'files'] }).use).toBe('agent')
  })

  it('lets calls look first where an agent acts on what several see', () => {
    expect(route({ needs: ['perspectives', 'files', 'shell'] })).toMatchObject({
      use: 'hybrid',
      engine: 'builtin',
      command: 'ensemble run review <paths> --fix',
    })
  })

  it("takes the Agent SDK only for Claude Code's own loop", () => {
    const others = NEEDS.filter((need) => need !== 'claude code')
    expect(route({ needs: others }).engine).toBe('builtin')
    expect(route({ needs: ['files', 'claude code'] })).toMatchObject({
      use: 'agent',
      engine: 'agent-sdk',
      command: expect.stringContaining('--engine agent-sdk'),
    })
  })

  it('answers calls without tools when nothing is needed', () => {
    expect(route({ needs: [] }).use).toBe('parallel')
  })

  it('names what it got and what it wants', () => {
    expect(() => route({ needs: ['__proto__' as Need] })).toThrow(/got "__proto__"; wanted any of analysis/)
  })
})

describe('needsOf', () => {
  it.each([
    ['Which risks do you see in this design?', []],
    ['Is the fixture for commits readable?', []],
    ['Fix the off-by-one in the pager', ['files']],
    ['Refactor the parser and run the tests', ['files', 'shell']],
    ['Create a file with the summary', ['files']],
  ])('%s', (task, needs) => {
    expect(needsOf(task)).toEqual(needs)
  })
})
