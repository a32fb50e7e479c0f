// A Temporal program is trusted after it has said which server it holds, and only if that is new enough: below 1.29 the
// server lacks what the workflows rely on.
import { execFile } from 'node:child_process'

export const OLDEST_SERVER = '1.29.0'

const ANSWER_MS = 10_000

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = OLDEST_SERVER.split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

/** The version of the server inside a `temporal` program. @throws Error that says why the program cannot be used */
export async function serverVersion(path: string): Promise<string> {
  const said = await output(path, ['--version'])
  const version = /Server (\d+\.\d+\.\d+)/.exec(said)?.[1]
  if (!version)
    throw new Error(`${path} --version printed ${JSON.stringify(said.slice(0, 100))}; wanted "… (Server X.Y.Z …)"`)
  if (!isNewEnough(version)) throw new Error(`${path} holds server ${version}; wanted ${OLDEST_SERVER} or newer`)
  return version
}

function output(path: string, args: string[]): Promise<string> {
  return new Promise((done, failed) => {
    execFile(path, args, { timeout: ANSWER_MS, killSignal: 'SIGKILL' }, (error, stdout) => {
      if (!error) return done(stdout.trim())
      const how = error.killed
        ? `did not answer in ${ANSWER_MS / 1000} s`
        : `does not run (${error.signal ?? error.code})`
      failed(new Error(`${path} ${how}`))
    })
  })
}
