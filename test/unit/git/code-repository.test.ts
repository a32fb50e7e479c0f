// What a coding run refuses before anybody works, each in one line that names what was got.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openRepository, RepositoryError } from '../../../src/git/code/repository.js'
import { openTestRepository, type TestRepository } from '../../support/repository.js'

let repo: TestRepository
const directory = () => repo.top
beforeEach(async () => {
  repo = await openTestRepository()
})
afterEach(() => repo.remove())

async function refusal(at: Partial<Parameters<typeof openRepository>[0]> = {}): Promise<string> {
  const error = await openRepository({ directory: directory(), ...at }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RepositoryError)
  const { message } = error as RepositoryError
  expect(message).not.toContain('\n')
  return message
}

function conflict(): void {
  repo.git('switch', '--quiet', '--create', 'other')
  repo.write('a.txt', 'other\n')
  repo.commit()
  repo.git('switch', '--quiet', 'main')
  repo.write('a.txt', 'main\n')
  repo.commit()
}

describe('a repository is refused', () => {
  it('when there is none', async () => {
    expect(await refusal({ directory: join(repo.outside, 'none') })).toMatch(/none does not exist/)
    expect(await refusal({ directory: join(repo.top, 'a.txt') })).toMatch(/a\.txt is no directory/)
    expect(await refusal({ directory: repo.outside })).toMatch(/is not in a git repository: wanted one/)
    expect(await refusal({ directory: join(repo.top, '.git') })).toMatch(/bare repository or inside of \.git/)
    repo.git('clone', '--quiet', '--bare', '.', join(repo.outside, 'bare'))
    expect(await refusal({ directory: join(repo.outside, 'bare') })).toMatch(/bare repository/)
  })

  it('without a commit, off every branch, or for a branch it does not have', async () => {
    execFileSync('git', ['init', '--quiet', '--initial-branch=main', join(repo.outside, 'new')])
    expect(await refusal({ directory: join(repo.outside, 'new') })).toMatch(/no commit yet/)
    expect(await refusal({ base: 'nope' })).toMatch(/no branch "nope"/)
    expect(await refusal({ base: 'main~0' })).toMatch(/no branch "main~0"/)
    expect(await refusal({ base: '--all' })).toMatch(/no branch "--all"/)
    repo.git('checkout', '--quiet', '--detach')
    expect(await refusal()).toMatch(/detached HEAD/)
    expect(await openRepository({ directory: directory(), base: 'main' })).toMatchObject({ branch: 'refs/heads/main' })
  })

  it('in the middle of a merge, a rebase, a cherry-pick, a revert or a bisect', async () => {
    conflict()
    for (const [command, what] of [
      ['merge', /a merge/],
      ['cherry-pick', /a cherry-pick/],
    ] as const) {
      expect(() => repo.git(command, 'other')).toThrow()
      expect(await refusal()).toMatch(what)
      repo.git(command, '--abort')
    }
    expect(() => repo.git('rebase', 'other')).toThrow()
    expect(await refusal({ base: 'main' })).toMatch(/a rebase/)
    repo.git('rebase', '--abort')
    expect(() => repo.git('revert', '--no-edit', 'HEAD~1')).toThrow()
    expect(await refusal()).toMatch(/a revert/)
    repo.git('revert', '--abort')
    repo.git('bisect', 'start')
    expect(await refusal()).toMatch(/a bisect/)
    repo.git('bisect', 'reset')
  })

  it('with unmerged files, with submodules, with a git that is too old', async () => {
    conflict()
    expect(() => repo.git('merge', 'other')).toThrow()
    renameSync(join(repo.top, '.git/MERGE_HEAD'), join(repo.outside, 'MERGE_HEAD'))
    expect(await refusal()).toMatch(/unmerged files \(a\.txt\)/)
    repo.git('reset', '--quiet', '--hard')
    repo.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', repo.top, 'lib/sub')
    repo.commit()
    expect(await refusal()).toMatch(/submodules \(lib\/sub\)/)
    const bin = join(repo.outside, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'git'), '#!/bin/sh\necho git version 2.37.9\n')
    chmodSync(join(bin, 'git'), 0o755)
    const path = process.env.PATH
    try {
      process.env.PATH = `${bin}${delimiter}${path}`
      expect(await refusal()).toMatch(/git version 2\.37\.9 is too old: wanted git 2\.38 or newer/)
      process.env.PATH = repo.outside
      expect(await refusal()).toMatch(/git was not found/)
    } finally {
      process.env.PATH = path
    }
  })

  it('with changes that are not committed, of which it names some; allowed, they are told', async () => {
    for (let at = 1; at < 7; at++) repo.write(`new${at}`, 'x')
    repo.write('a.txt', 'changed\n')
    repo.write('line\nbreak', '')
    expect(await refusal()).toMatch(/\(a\.txt, "line\\nbreak", new1, new2, new3 and 3 more\): wanted a clean work tree/)
    expect((await openRepository({ directory: directory(), allowDirty: true })).dirty).toHaveLength(8)
  })
})

describe('a repository is opened', () => {
  it('whatever is in directories of the caller, in another tree, or ignored', async () => {
    repo.write('.ensemble/x', 'x')
    expect(await openRepository({ directory: directory() })).toMatchObject({ dirty: [] })
    repo.write('data/x', 'x')
    const base = await openRepository({
      directory: directory(),
      except: ['data', '.ensemble'].map((name) => join(repo.top, name)),
    })
    expect(base).toMatchObject({ dirty: [], commit: repo.git('rev-parse', 'main') })
    repo.git('branch', 'other')
    expect(await openRepository({ directory: directory(), base: 'other' })).toMatchObject({ dirty: [] })
  })

  it('with a branch that looks like an option, and without running anything of it', async () => {
    const mark = join(repo.outside, 'ran')
    repo.git('update-ref', 'refs/heads/--upload-pack=x', 'HEAD')
    repo.git('config', 'core.fsmonitor', `touch ${mark}; false`)
    writeFileSync(join(repo.top, '.git/hooks/post-index-change'), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 })
    const opened = await openRepository({ directory: directory(), base: '--upload-pack=x' })
    expect(opened.branch).toBe('refs/heads/--upload-pack=x')
    await openRepository({ directory: directory() })
    expect(existsSync(mark)).toBe(false)
  })

  it('with a word about filters, which no agent sees', async () => {
    repo.write('sub/.gitattributes', '*.bin filter=lfs diff=lfs\n')
    repo.commit()
    expect((await openRepository({ directory: directory() })).warnings).toEqual([
      'files kept by the filter lfs are seen by agents as git stores them',
    ])
  })
})
