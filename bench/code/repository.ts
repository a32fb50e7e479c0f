// Repositories for coding runs: of the four tasks, as the simulated programmers have them, and one for as many agents as
// wanted, each with a file of the length real ones have.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where the tasks are, and what simulated programmers write for each. */
export const PROGRAMS = join(process.cwd(), 'test/fixtures/code')

/** Below `home`, which goes with the stage. */
export function repositoryOf(home: string, task: string): string {
  const directory = mkdtempSync(join(home, 'repository-'))
  cpSync(join(PROGRAMS, task, 'repo'), directory, { recursive: true })
  return committed(directory)
}

export type Team = { programs: string; repository: string; request: string; plan: object }

/** A plan of one stage for `agents`, of about `lines` lines each; `programs`: for a simulator. */
export function teamOf(home: string, { agents, lines }: { agents: number; lines: number }): Team {
  const request = `Write ${agents} modules, one each`
  const numbers = Array.from({ length: agents }, (_, index) => index + 1)
  const programs = mkdtempSync(join(home, 'programs-'))
  const text = (number: number) =>
    Array.from({ length: lines }, (_, line) => `export const value${number}of${line} = ${number * line}\n`).join('')
  const fileOf = (number: number) => `modules/module-${number}.js`
  const plan = {
    summary: request,
    stages: [
      {
        ...{ title: 'All of it', mode: 'parallel' },
        agents: numbers.map((number) => ({
          ...{ what: `Add module ${number}`, task: `Write module ${number}.`, files: [fileOf(number)] },
          ...{ criteria: [`${fileOf(number)} exports its values`], model: null, tokens: lines * 16, minutes: 0.2 },
        })),
      },
    ],
  }
  const match = [`/^${request}$/`]
  const own = { match, look: [], agents: numbers.map(() => ({ reads: ['README.md'] })) }
  const files = numbers.map((number) => [`modules/program/files/${number}/${fileOf(number)}`, text(number)])
  write(programs, {
    ...{ 'modules/program/program.json': JSON.stringify(own), 'modules/program/plan.json': JSON.stringify(plan) },
    ...Object.fromEntries(files),
  })
  const repository = mkdtempSync(join(home, 'repository-'))
  write(repository, { 'README.md': '# Modules\n' })
  return { programs, repository: committed(repository), request, plan }
}

function write(directory: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
}

function committed(directory: string): string {
  const who = ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.com', '-c', 'commit.gpgsign=false']
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    ['commit', '-q', '-m', 'Start'],
  ])
    execFileSync('git', [...who, ...args], { cwd: directory })
  return directory
}
