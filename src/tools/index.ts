// The built-in tools of a worker.
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { accountHealthScore } from './account-health-score.js'
import { bashTool } from './bash.js'
import { editTool } from './edit.js'
import { openChanges } from './files/changes.js'
import { globTool } from './glob.js'
import { grepTool } from './grep.js'
import { readTool } from './read.js'
import { riskSignals } from './risk-signals.js'
import type { Environment } from './shell/environment.js'
import type { Limits } from './shell/watch.js'
import type { Tool } from './tool.js'
import type { WebLimits } from './web/get.js'
import { webFetchTool } from './web-fetch.js'
import { writeTool } from './write.js'

export type BuiltinToolOptions = {
  /** Shell commands without a sandbox; never together with `bypassPermissions`. */
  allowUnsandboxed: boolean
  /** Bubblewraps before 0.12.0. */
  allowOldBubblewrap?: boolean
  /** Of the worker; commands see the names of an allow list. Default: none of it. */
  env?: Environment
  /** Names of further variables that commands see. */
  passEnv?: string[]
  /** Shell commands may use the network. */
  network?: boolean
  /** Absolute paths no tool reads or writes: the data directory. */
  hidden?: string[]
  /** Absolute paths in homes that commands may read: homes are hidden from them. */
  readable?: string[]
  /** Where file tools note what they changed. Default: a directory of this user's among temporary files. */
  changesDir?: string
  /** Of shell commands. */
  limits?: Partial<Limits>
  webFetch?: Partial<WebLimits>
}

/** Made once per worker: parallel edits of one file take turns within it. */
export function builtinTools(options: BuiltinToolOptions): Tool[] {
  const { env = {}, hidden = [], changesDir = join(tmpdir(), `ensemble-changes-${userInfo().uid}`) } = options
  const files = { hidden, changes: openChanges(changesDir) }
  const { passEnv = [], limits = {}, allowUnsandboxed, allowOldBubblewrap = false, network = false } = options
  const sandbox = { allowOldBubblewrap, network, hidden, readable: options.readable ?? [], home: env.HOME ?? homedir() }
  return [
    readTool(files),
    writeTool(files),
    editTool(files),
    globTool(files),
    grepTool(files),
    bashTool({ allowUnsandboxed, sandbox, env, passEnv, limits }),
    webFetchTool({ allowPrivate: false, maxBytes: 1024 ** 2, timeoutSeconds: 30, ...options.webFetch }),
    accountHealthScore,
    riskSignals,
  ]
}
