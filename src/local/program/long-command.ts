// Downloads and builds take minutes and print nothing: here they run with a line every ten seconds, an end, and no
// survivors when this process ends first.
import { spawn } from 'node:child_process'

const REPORT_MS = 10_000

type LongCommand = {
  env: Record<string, string | undefined>
  /** What is said while it works, before the seconds. */
  working: string
  say: (line: string) => void
  timeoutMs: number
}

/** What the command printed on stdout. @throws Error with the last line it printed on stderr */
export function longCommand(program: string, args: string[], options: LongCommand): Promise<string> {
  const began = Date.now()
  const seconds = () => Math.round((Date.now() - began) / 1000)
  const child = spawn(program, args, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = () => child.kill()
  process.once('exit', kill)
  const reporting = setInterval(() => options.say(`${options.working} … ${seconds()} s`), REPORT_MS)
  const limit = setTimeout(kill, options.timeoutMs)
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] = (printed[name] + text).slice(-20_000)
    })
  }
  const ended = new Promise<string>((done, failed) => {
    child.once('error', (error) => failed(new Error(`${program}: ${error.message}`)))
    child.once('close', (code, signal) => {
      if (code === 0) return done(printed.stdout.trim())
      const last = printed.stderr.trim().split('\n').at(-1) || `no message`
      failed(new Error(`${program} ended with ${signal ?? code} after ${seconds()} s: ${last}`))
    })
  })
  return ended.finally(() => {
    clearInterval(reporting)
    clearTimeout(limit)
    process.removeListener('exit', kill)
  })
}
