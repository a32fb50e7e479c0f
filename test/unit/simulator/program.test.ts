import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applied, changeOf } from '../../../src/simulator/programmer/change.js'
import { loadPrograms } from '../../../src/simulator/programmer/program.js'

describe('changes of a file', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '  a'), { maxLength: 30 })
  const text = lines.map((list) => list.map((line) => `${line}\n`).join(''))

  it('lead from any text to any other, each replacing what is there exactly once', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        let now = before
        for (let steps = 0; now !== after; steps++) {
          expect(steps).toBeLessThan(40)
          const change = changeOf('f', now, after)!
          if (change.tool === 'Edit') expect(now.split(change.input.old_string!)).toHaveLength(2)
          now = applied(now, change.input)
        }
        expect(changeOf('f', now, after)).toBeUndefined()
      }),
    )
  })

  it('of one line in many is an edit of that line', () => {
    const before = Array.from({ length: 50 }, (_, index) => `line ${index}\n`).join('')
    expect(changeOf('f', before, before.replace('line 7\n', 'line seven\n'))).toEqual({
      tool: 'Edit',
      input: { file_path: 'f', old_string: 'line 7', new_string: 'line seven' },
    })
  })
})

describe('a directory of programs', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'programs-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  function write(settings: unknown, plan: unknown): void {
    const program = join(directory, 'one/program')
    mkdirSync(program, { recursive: true })
    for (const [name, json] of Object.entries({ program: settings, plan }))
      writeFileSync(join(program, `${name}.json`), JSON.stringify(json))
  }
  const agent = { what: 'x', task: 'x', files: ['a.js'], criteria: [] }
  const plan = { summary: 'x', stages: [{ title: 'x', mode: 'parallel', agents: [agent] }] }

  it('that is not there, or has none, is refused by name', () => {
    expect(() => loadPrograms(join(directory, 'no'))).toThrow(`programs: there is no directory ${directory}/no`)
    expect(() => loadPrograms(directory)).toThrow('has none: wanted <name>/program/program.json')
  })

  it('says which file is wrong, and where', () => {
    write({ match: ['x'], agents: [{ vice: 'sings' }] }, plan)
    expect(() => loadPrograms(directory)).toThrow(/one\/program\/program\.json: agents\.0\.vice: /)
    write({ match: ['x'], agents: [] }, { summary: 'x' })
    expect(() => loadPrograms(directory)).toThrow(/plan\.json: stages: /)
    write({ match: ['x'], agents: [{}] }, plan)
    expect(() => loadPrograms(directory)).toThrow('one: agent 1 owns a.js, which files/ lacks')
  })
})
