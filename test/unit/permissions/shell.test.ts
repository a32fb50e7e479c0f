// What a rule takes a command line for, against what bash makes of it: thousands of made-up lines, of which the permitted
// ones are run. A program that must not run leaves a mark.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { PermissionRules } from '../../../src/contracts/schemas/agent.js'
import { decide } from '../../../src/permissions/decide.js'

const CASES = 10_000
/** Of the permitted ones. */
const RUN = Number(process.env.ENSEMBLE_TEST_SHELL_RUNS ?? 1000)
const PIECES = [
  ...[
    'canary',
    'canary',
    'can',
    'ary',
    'ok',
    'ok',
    'A=canary',
    'A',
    'bash -c',
    'eval',
    'if',
    'then',
    'fi',
    'case',
    'in',
    'esac',
    'EOF',
    'x',
  ],
  ...[
    ' ',
    ' ',
    ' ',
    ' ',
    '\t',
    '\n',
    '\n',
    ';',
    '&',
    '&&',
    '|',
    '||',
    '$',
    '$A',
    '${',
    '}',
    '{',
    '(',
    ')',
    '$(',
    '`',
    "'",
    '"',
    '\\',
  ],
  ...[
    '<',
    '>',
    '<<EOF',
    '<<',
    '<<<',
    '2>&1',
    '<(',
    '#',
    '!',
    '*',
    '~',
    '=',
    '%',
    ',',
    "$'",
    '\\x63',
    '[',
    ']',
    '-',
    '+=',
    '\r',
  ],
]
const lines = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(''))

async function marksOf(commands: string[]): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-shell-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const bin = join(dir, 'bin')
  const marks = join(dir, 'marks')
  await mkdir(bin)
  await mkdir(join(dir, 'here'))
  await writeFile(marks, '')
  await writeFile(join(bin, 'canary'), `#!/bin/bash\necho "$CASE" >> ${marks}\n`, { mode: 0o755 })
  await symlink('/bin/bash', join(bin, 'bash'))
  await writeFile(join(bin, 'ok'), '#!/bin/bash\n', { mode: 0o755 })
  const cases = commands.map((command) => `run ${quoted(command)}`).join('\n')
  // One file for each line, so that what one leaves behind is not met by the next.
  const script = `cd ${join(dir, 'here')}; export PATH=${bin} BASH_ENV=
i=0
run() { export CASE=$((i++)); ( eval "$1" ) </dev/null >/dev/null 2>&1; }
${cases}
wait`
  await writeFile(join(dir, 'script'), script)
  await promisify(execFile)('/bin/bash', ['--noprofile', '--norc', join(dir, 'script')], { timeout: 100_000 })
  const hit = (await readFile(marks, 'utf8')).split('\n').filter(Boolean)
  return Array.from(new Set(hit), (index) => commands[Number(index)] ?? '')
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

function permitted(lists: object, mode: 'default' | 'bypassPermissions', seed: number): string[] {
  const rules = [PermissionRules.parse(lists)]
  const all = fc.sample(lines, { numRuns: CASES, seed })
  const kept = all.filter((subject) => {
    const { kind } = decide({ mode, rules, tool: { name: 'Bash', permission: 'execute' }, subject, inside: undefined })
    return kind === 'run'
  })
  return Array.from(new Set(kept)).slice(0, RUN)
}

const seed = Date.now() % 1_000_000

it(`no line that a denial lets through runs what is denied (seed ${seed})`, async () => {
  const commands = permitted({ deny: ['Bash(canary:*)'] }, 'bypassPermissions', seed)
  expect(commands.length).toBeGreaterThan(200)
  expect(await marksOf(commands)).toEqual([])
})

it(`no line that an allowance of another program lets through runs anything else (seed ${seed})`, async () => {
  const rules = [PermissionRules.parse({ allow: ['Bash(ok:*)', 'Bash(ok *)', 'Bash(ok * x)'] })]
  const all = fc.sample(lines, { numRuns: CASES, seed }).map((line) => `ok ${line}`)
  const commands = all.filter((subject) => {
    const { kind } = decide({
      mode: 'default',
      rules,
      tool: { name: 'Bash', permission: 'execute' },
      subject,
      inside: undefined,
    })
    return kind === 'run'
  })
  expect(commands.length).toBeGreaterThan(200)
  expect(await marksOf(Array.from(new Set(commands)).slice(0, RUN))).toEqual([])
})

it('the mark is left by what does run it', async () => {
  expect(await marksOf(['ok', 'ok; canary', "bash -c 'canary'"])).toEqual(['ok; canary', "bash -c 'canary'"])
})
