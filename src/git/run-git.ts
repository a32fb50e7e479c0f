// The git program, without a shell, without a pager or a prompt, in English because its messages are read, and without
// the variables a git hook sets: they would point it at another repository than the directory it is asked about.
import { execFile } from 'node:child_process'

/** Bytes of output; names of about a million files. */
const MOST_OUTPUT = 128 * 1024 * 1024

const REPOSITORY_VARIABLES =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|NAMESPACE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|CONFIG.*|EXTERNAL_DIFF|ATTR_SOURCE|SHALLOW_FILE|GRAFT_FILE|[A-Z]+_PATHSPECS)$/

/** `variables`: of the environment, over what is inherited. `latin1`: a name that is no UTF-8 keeps its bytes. */
export type GitOptions = {
  variables?: Record<string, string>
  input?: string | Buffer
  encoding?: 'utf8' | 'latin1'
}

/** Runs to its end whatever the exit code. @throws when git is not installed, the output is too long, or on abort */
export function runGit(
  args: string[],
  cwd: string,
  signal?: AbortSignal,
  { variables, input, encoding = 'utf8' }: GitOptions = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const inherited = Object.entries(process.env).filter(([name]) => !REPOSITORY_VARIABLES.test(name))
  const own = { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', ...variables }
  const env = { ...Object.fromEntries(inherited), ...own }
  const options = { cwd, env, signal, encoding, maxBuffer: MOST_OUTPUT, windowsHide: true }
  return new Promise((done, fail) => {
    // A repository's own configuration could name a program to run at every listing.
    const child = execFile('git', ['-c', 'core.fsmonitor=false', ...args], options, (error, stdout, stderr) => {
      if (!error) done({ code: 0, stdout, stderr })
      else if (typeof error.code === 'number') done({ code: error.code, stdout, stderr })
      else if (error.code === 'ENOENT') fail(new Error('git was not found: wanted the git program on PATH'))
      else fail(error)
    })
    // git may end before it has read everything; its exit code says what that means.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}
