// A team of eight that works by rules of the simulator, quickly and always the same: four write a file each, then three
// write others and one changes what was written before. Whatever is broken meanwhile, the tree they make is this one.
import type { RuleInput } from '../../src/simulator/rules.js'
import { makeRepository, type Repository } from './code.js'

export const TEAM = Array.from({ length: 8 }, (_, index) => `Haiku-${index + 1}`)
/** The fifth changes what the first wrote. */
const EDITOR = 5
const fileOf = (number: number) => `parts/${number === EDITOR ? 1 : number}.txt`
const textOf = (number: number) => `written by ${number}\n`
const CHANGED = 'changed by 5'

/** What the repository has in the end, by path. */
export const TEAM_FILES = Object.fromEntries(
  TEAM.flatMap((_, index) =>
    index + 1 === EDITOR ? [] : [[fileOf(index + 1), index === 0 ? `${CHANGED}\n` : textOf(index + 1)]],
  ),
)

const agent = (number: number) => ({
  ...{ what: `Part ${number}`, task: `write part ${number}`, files: [fileOf(number)], criteria: [] },
  ...{ model: null, tokens: 300, minutes: 0.1 },
})
const stage = (title: string, numbers: number[]) => ({ title, mode: 'parallel' as const, agents: numbers.map(agent) })

export const TEAM_PLAN = { summary: 'Parts', stages: [stage('First', [1, 2, 3, 4]), stage('Then', [5, 6, 7, 8])] }

const PLANNER = '/^You plan the work of a team/'
export const PROGRAMMER = '/^You are one of several programmers/'
/** In the assignment of one. */
export const assigned = (number: number) => `"agent": "Haiku-${number}"`

export function teamRules(): RuleInput[] {
  const use = (name: string, input: object) => ({ reply: { blocks: [{ type: 'tool_use' as const, name, input }] } })
  return [
    { match: { system: PLANNER }, reply: { json: TEAM_PLAN } },
    ...TEAM.map((_, index): RuleInput => {
      const [file_path, content] = [fileOf(index + 1), textOf(index + 1)]
      const first = index + 1 === EDITOR ? use('Read', { file_path }) : use('Write', { file_path, content })
      return { match: { system: PROGRAMMER, prompt: assigned(index + 1) }, ...first }
    }),
    {
      match: { system: PROGRAMMER, prompt: 'written by 1' },
      ...use('Edit', { file_path: fileOf(EDITOR), old_string: 'written by 1', new_string: CHANGED }),
    },
    { match: { system: PROGRAMMER }, reply: { json: { work: 'done', criteria: [] } } },
  ]
}

/** Its tests count the parts. */
export function teamRepository(more: Record<string, string> = {}): Repository {
  return makeRepository({ 'README.md': 'Parts\n', 'test.sh': 'ls parts | wc -l\n', ...more })
}

/** A file for each agent of one stage, and rules by which they write them; `name` tells teams apart. */
export function writers(name: string, files: Record<string, string>): { plan: object; rules: RuleInput[] } {
  const paths = Object.keys(files)
  const task = (index: number) => `piece ${index} of ${name}.`
  const blocks = (path: string) => [{ type: 'tool_use' as const, name: 'Write', input: inputOf(path, files[path]) }]
  return {
    plan: {
      stages: [{ agents: paths.map((path, index) => ({ what: task(index), task: task(index), files: [path] })) }],
    },
    rules: [
      ...paths.map((path, index) => ({
        match: { system: PROGRAMMER, prompt: task(index) },
        reply: { blocks: blocks(path) },
      })),
      { match: { system: PROGRAMMER }, reply: { json: { work: 'done', criteria: [] } } },
    ],
  }
}

const inputOf = (file_path: string, content: string | undefined) => ({ file_path, content })
