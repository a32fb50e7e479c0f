// What an agent means its files to become: what its program has, made worse by a vice, or changed by what it is told.
import { comment, placeholder } from './comments.js'
import type { Program, ProgramAgent, Vice } from './program.js'
import { type Again, type Assignment, viceIn } from './texts.js'

export type Intention = {
  reads: string[]
  commands: string[]
  /** It does nothing at all, writes half of its files, tries one that is not its own. */
  refuses: boolean
  half: boolean
  outside: boolean
  /** Whether others had the file before, so that it is read first. */
  existing(file: string): boolean
  /** @param now undefined: not there */
  wanted(file: string, now: string | undefined): string
}

export function intentionOf(about: {
  program?: Program
  request: string
  assignment: Assignment
  again?: Again
}): Intention {
  const { program, request, assignment, again } = about
  const agent = program && agentOf(program, assignment)
  const number = program && agent ? program.agents.indexOf(agent) + 1 : Number(/\d+$/.exec(assignment.agent)?.[0])
  const vice = viceIn(request, number) ?? agent?.vice
  const target = (file: string, now: string | undefined) =>
    agent?.target.get(file) ?? lastOf(program, file) ?? marked(file, now, assignment.task)
  const does = (what: Vice) =>
    vice === `always ${what}` ? again?.by !== 'person' : vice === what && again === undefined
  const wrong = vice?.startsWith('breaks a test') ? agent?.wrong : undefined
  const notable = assignment.files.find((file) => comment(file, '') !== undefined)
  return {
    ...{ reads: agent?.reads ?? [], commands: agent?.commands ?? [] },
    ...{ refuses: does('fails'), half: does('stops half way'), outside: does('writes outside') },
    existing: (file) => again !== undefined || !program || agent?.reads.includes(file) !== false,
    wanted(file, now) {
      const before = now ?? target(file, now)
      switch (again?.by) {
        case undefined:
          return wrong?.get(file) ?? target(file, now)
        case 'failure':
          return vice === 'breaks a test and hides it' ? before : target(file, now)
        case 'tests':
          return vice === 'breaks a test' && now === wrong?.get(file) ? target(file, now) : before
        case 'person':
          return agent?.revised.get(file) ?? (file === notable ? noted(file, before, again.note) : before)
      }
    },
  }
}

/** The one with this task, or with these files; a person may have changed the plan. */
function agentOf({ agents }: Program, { task, files }: Assignment): ProgramAgent | undefined {
  const all = files.toSorted().join('\n')
  const same = agents.filter((agent) => agent.files.toSorted().join('\n') === all)
  return same.find((agent) => task.startsWith(agent.task)) ?? same[0]
}

/** Of a file in a part nobody has in the program: as the last of its owners leaves it. */
function lastOf(program: Program | undefined, file: string): string | undefined {
  return program?.agents.findLast(({ target }) => target.has(file))?.target.get(file)
}

/** Without a program: a new file says what it is for, one that is there says it too and stays as it is otherwise. */
function marked(file: string, now: string | undefined, task: string): string {
  return now === undefined ? placeholder(file, task) : onTop(file, now, `SIMULATED: ${task.split('\n')[0]}`)
}

function noted(file: string, before: string, note: string): string {
  return onTop(file, before, `SIMULATED: changed as asked: ${note.slice(0, 200)}`)
}

/** With this comment as a line before the others, once; the same where the language has no comments. */
function onTop(file: string, before: string, text: string): string {
  const line = comment(file, text)
  if (line === undefined || before.includes(line)) return before
  const [first = '', ...others] = before.split('\n')
  return (first.startsWith('#!') ? [first, line, ...others] : [line, first, ...others]).join('\n')
}
