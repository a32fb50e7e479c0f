// A repository's objects without the repository: a directory of our own, with our own settings, through which trees are
// read, merged and written. No configuration, hook, filter, attribute or merge driver of the repository, of its user or of
// an agent is even looked at; what is stored is stored in the repository itself.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { git, gitText, type Place } from './git.js'
import { onDisk } from './repository-error.js'

/** `repository` is our own directory. */
export type Objects = Place & { directory: string }

/** Whatever a .gitattributes says, files are what their bytes are. */
const ATTRIBUTES =
  '* -filter -text -eol -ident -working-tree-encoding !diff !merge !whitespace !conflict-marker-size !export-subst\n'

/** What the file system can do, as git found out when the repository was made. */
const FILE_SYSTEM = '^core\\.(filemode|symlinks|ignorecase|precomposeunicode)$'

/** `workTree`: what is looked at, when files are; git's ignore rules of repository and user hold in it. */
export async function withObjects<Result>(
  at: { repository: string; workTree?: string; signal?: AbortSignal },
  work: (objects: Objects) => Promise<Result>,
): Promise<Result> {
  return onDisk(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ensemble-git-'))
    try {
      return await work(await prepare(directory, at))
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
}

async function prepare(
  directory: string,
  { repository, workTree, signal }: { repository: string; workTree?: string; signal?: AbortSignal },
): Promise<Objects> {
  const where = ['rev-parse', '--path-format=absolute', '--show-object-format', '--git-common-dir']
  const [found, ofFiles, ofUser] = await Promise.all([
    gitText({ repository }, where, { signal }),
    workTree === undefined ? ['bare = true'] : fileSystem(repository, signal),
    workTree === undefined ? undefined : ownIgnoreFile(repository, signal),
    mkdir(join(directory, 'refs')),
    mkdir(join(directory, 'info')),
  ])
  const format = found.slice(0, found.indexOf('\n'))
  const common = found.slice(format.length + 1)
  const settings = [
    '[core]',
    'attributesFile = /dev/null',
    ...ofFiles,
    ...['repositoryFormatVersion = 1', '[extensions]', `objectFormat = ${format}`],
    ...['[merge]', 'directoryRenames = false', ''],
  ]
  await Promise.all([
    writeFile(join(directory, 'HEAD'), 'ref: refs/heads/none\n'),
    writeFile(join(directory, 'config'), settings.join('\n')),
    writeFile(join(directory, 'info', 'attributes'), ATTRIBUTES),
    ...(ofUser === undefined
      ? []
      : [ignoreRules(join(directory, 'info', 'exclude'), [ofUser, join(common, 'info', 'exclude')])]),
  ])
  const variables = {
    GIT_DIR: directory,
    GIT_OBJECT_DIRECTORY: join(common, 'objects'),
    GIT_INDEX_FILE: join(directory, 'index'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    ...(workTree && { GIT_WORK_TREE: workTree }),
  }
  return { repository: workTree ?? directory, directory, variables }
}

async function fileSystem(repository: string, signal?: AbortSignal): Promise<string[]> {
  const found = await git({ repository }, ['config', '-z', '--type=bool', '--get-regexp', FILE_SYSTEM], {
    signal,
    ok: [0, 1],
  })
  return found.stdout
    .split('\0')
    .filter(Boolean)
    .map((entry) => entry.replace(/^core\./, '').replace('\n', ' = '))
}

async function ownIgnoreFile(repository: string, signal?: AbortSignal): Promise<string> {
  const args = ['config', '--type=path', '--get', 'core.excludesFile']
  const named = await git({ repository }, args, { signal, ok: [0, 1] })
  if (named.code === 0) return Buffer.from(named.stdout, 'latin1').toString().replace(/\n$/, '')
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'git', 'ignore')
}

/** The user's own come first, as with git. */
async function ignoreRules(target: string, files: string[]): Promise<void> {
  const rules = await Promise.all(files.map(readIfThere))
  await writeFile(target, rules.join('\n'), 'latin1')
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    throw error
  }
}
