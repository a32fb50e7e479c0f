// The sandbox of shell commands: bubblewrap, called directly. Everything may be read but homes, sockets of services and
// keys; only the workspace may be written, git's own directory in it excepted; there is no network, no other process, no
// new privilege. Without it, or with one that is known to leak, a command is refused: it fails closed.
import { execFile } from 'node:child_process'
import { access, lstat, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ToolRefusal } from '../refusal.js'
import { below, KEY_FILES, SETTINGS_FILES } from '../workspace.js'
import { linkedPlaces } from './linked-worktree.js'

export type SandboxSettings = {
  /** Bubblewraps before 0.12.0, which write through symbolic links (CVE-2026-87766). */
  allowOldBubblewrap: boolean
  network: boolean
  /** Absolute paths a command does not see, besides homes. */
  hidden: string[]
  /** Absolute paths it may read although they are in a home. */
  readable: string[]
  /** Of the worker's user. */
  home?: string
}

const WANTED = [0, 12, 0]
/** Bytes in memory each. */
const TMP_BYTES = 1024 ** 3
const SHM_BYTES = 64 * 1024 ** 2
/** The kernel's switches: root's to write even without a single capability, and not of the sandbox alone. */
const SWITCHES = 'sys sysrq-trigger fs irq bus acpi scsi mtrr pressure'.split(' ').map((name) => `/proc/${name}`)
/** Homes, and sockets of services such as a container engine's, which no network namespace keeps out. */
const HIDDEN = ['/home', '/root', '/run', '/var/run', '/var/tmp', '/tmp']

/** @throws ToolRefusal when there is no bubblewrap that may be used */
export async function checkBubblewrap(path: string, allowOld: boolean): Promise<void> {
  const version = await versionOf(path)
  if (version === undefined)
    throw new ToolRefusal(
      'shell commands run in a sandbox, and there is none here: wanted bubblewrap 0.12.0 or newer (the package "bubblewrap", the program "bwrap") on the worker\'s machine, or a run that says allowUnsandboxed',
    )
  if (allowOld || !older(version, WANTED)) return
  throw new ToolRefusal(
    `shell commands run in a sandbox, and bubblewrap ${version.join('.')} writes through symbolic links (CVE-2026-87766): wanted 0.12.0 or newer, or allowOldBubblewrap (ENSEMBLE_ALLOW_OLD_BUBBLEWRAP=1) on the worker`,
  )
}

/** The same without a command at hand, and whether it starts at all. undefined: it does. */
export async function sandboxProblemOf(path: string, allowOld: boolean): Promise<string | undefined> {
  try {
    await checkBubblewrap(path, allowOld)
    await promisify(execFile)('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--', 'true'], { env: { PATH: path } })
    return undefined
  } catch (error) {
    if (error instanceof ToolRefusal) return error.message
    const { stderr = '', message } = error as Error & { stderr?: string }
    return `the sandbox does not start on the worker's machine: ${stderr.trim() || message}`
  }
}

/** Arguments of bwrap up to the program it runs. */
export async function sandboxArguments(workspace: string, settings: SandboxSettings): Promise<string[]> {
  const node = dirname(dirname(process.execPath))
  const back = [...settings.readable, ...(HIDDEN.some((one) => below(one, node)) ? [node] : [])]
  const home = settings.home === undefined ? [] : await realHome(settings.home)
  const hidden = [...new Set([...(await existing(HIDDEN)), ...home])].filter((path) => path !== '/tmp')
  const linked = await linkedPlaces(workspace)
  const git = join(workspace, '.git')
  const inIt = (names: Set<string>) => Array.from(names, (name) => join(workspace, name))
  const inside = settings.hidden.filter((path) => below(workspace, path))
  const outside = settings.hidden.filter((path) => !below(workspace, path))
  return [
    ...['--unshare-all', ...(settings.network ? ['--share-net'] : [])],
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--hostname', 'sandbox'],
    ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'],
    ...(await existing(SWITCHES)).flatMap((path) => ['--ro-bind', path, path]),
    ...['--size', String(SHM_BYTES), '--tmpfs', '/dev/shm', '--size', String(TMP_BYTES), '--tmpfs', '/tmp'],
    ...[...hidden, ...(await existing(outside))].flatMap((path) => ['--tmpfs', path]),
    ...(await existing([...back, ...linked])).flatMap((path) => ['--ro-bind', path, path]),
    ...['--bind', workspace, workspace],
    ...(await existing([git, ...inIt(SETTINGS_FILES)])).flatMap((path) => ['--ro-bind', path, path]),
    ...(await existing(inside)).flatMap((path) => ['--tmpfs', path]),
    ...(await existing(inIt(KEY_FILES))).flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...['--chdir', workspace, '--json-status-fd', '3', '--'],
  ]
}

async function realHome(path: string): Promise<string[]> {
  if (!(await there(path))) return []
  const home = await realpath(path)
  return home === '/' ? [] : [home]
}

/** Links are left alone: what they lead to is mounted under its own name. */
async function existing(paths: string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const stat = await lstat(path).catch(() => undefined)
      return stat && !stat.isSymbolicLink() ? [path] : []
    }),
  )
  return found.flat()
}

async function there(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function versionOf(path: string): Promise<number[] | undefined> {
  try {
    const { stdout } = await promisify(execFile)('bwrap', ['--version'], { env: { PATH: path } })
    return /(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number)
  } catch {
    // Not there, or nothing that runs here.
    return undefined
  }
}

function older(version: number[], wanted: number[]): boolean {
  const at = wanted.findIndex((part, index) => version[index] !== part)
  return at >= 0 && (version[at] ?? 0) < (wanted[at] ?? 0)
}
