// Who commits, and when, as git takes it: from what was given, never from the moment or the machine.
import { git } from './git.js'
import { shown } from './names.js'

export type Identity = { name: string; email: string }
/** `date`: ISO 8601, to the second. */
export type Signature = { date: string; identity: Identity }

const OURS: Identity = { name: 'Ensemble', email: 'ensemble@localhost' }

/** The user's own from git's configuration, or ours. */
export async function identityOf(repository: string): Promise<Identity> {
  const one = async (name: string) => {
    const { stdout } = await git({ repository }, ['config', '--get', name], { ok: [0, 1] })
    return shown(stdout).trim()
  }
  const [name, email] = await Promise.all([one('user.name'), one('user.email')])
  // git drops these from a name, and refuses one that is nothing else.
  return /[^\s.,:;<>"\\']/.test(name) && /[^\s<>]/.test(email) ? { name, email } : OURS
}

/** For git's environment. */
export function variablesOf({ date, identity: { name, email } }: Signature): Record<string, string> {
  const seconds = Math.floor(Date.parse(date) / 1000)
  if (!Number.isFinite(seconds)) throw new Error(`${JSON.stringify(date)} is no date: wanted ISO 8601`)
  const at = `@${seconds} +0000`
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: at,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: at,
  }
}
