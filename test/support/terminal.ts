// A command in a real pseudo-terminal: what it writes is what a person would see, what is typed are keys. Node cannot make
// one by itself; Python 3 can, and is on nearly every system.
import { spawn, spawnSync } from 'node:child_process'
import { until } from './until.js'

/** Gives the command a terminal of 100 columns and passes on what is typed and what it writes. */
const PTY = `
import fcntl, os, pty, select, struct, sys, termios
pid, tty = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 100, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
typing = True
while True:
    ready = select.select([tty, 0] if typing else [tty], [], [])[0]
    if 0 in ready:
        keys = os.read(0, 65536)
        typing = len(keys) > 0
        os.write(tty, keys)
    if tty in ready:
        try:
            seen = os.read(tty, 65536)
        except OSError:
            break
        if not seen:
            break
        os.write(1, seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

export const ENTER = '\r'
export const CTRL_C = '\u0003'
export const CTRL_D = '\u0004'

export type TestTerminal = {
  type(keys: string): void
  /** All that was written, without colours and the like. */
  seen(): string
  /** Waits until what was written since the last such wait fits, and returns it. */
  shows(pattern: RegExp | string): Promise<string>
  /** Exit code. */
  ended: Promise<number | null>
  kill(): void
}

export function openTestTerminal(command: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): TestTerminal {
  const { error, status } = spawnSync('python3', ['--version'])
  if (error || status !== 0) throw new Error('a pseudo-terminal wants python3 on the PATH')
  const child = spawn('python3', ['-c', PTY, ...command], { ...options, stdio: ['pipe', 'pipe', 'inherit'] })
  let raw = ''
  let from = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text
  })
  child.stdin.on('error', () => undefined) // the command ended while something was typed
  const seen = () => raw.replace(CONTROL, '').replaceAll('\r\n', '\n')
  return {
    type: (keys) => child.stdin.write(keys),
    seen,
    async shows(pattern) {
      const fits = (text: string) => (typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text))
      try {
        const text = await until(
          `the terminal to show ${pattern}`,
          () => fits(seen().slice(from)) && seen().slice(from),
        )
        from = seen().length
        return text
      } catch (failure) {
        throw new Error(`${(failure as Error).message}; it shows:\n${seen().slice(-3000)}`)
      }
    },
    ended: new Promise((resolve) => {
      child.once('close', (code) => resolve(code))
    }),
    kill: () => child.kill('SIGKILL'),
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const CONTROL = /\u001b\[[0-9;?]*[A-Za-z]/g
