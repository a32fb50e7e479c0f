// A server as a child process that speaks over its standard streams. It has a process group of its own, so that nothing
// it started outlives it, and limits, so that one that floods or babbles is stopped instead of filling the worker.
import { type ChildProcess, spawn } from 'node:child_process'
import { type JSONRPCMessage, parseJSONRPCMessage, type Transport } from '@modelcontextprotocol/client'
import { McpFailure } from './failure.js'

const MAX_MESSAGE_BYTES = 8 * 1024 * 1024
/** From one request of ours to the next. */
const MAX_UNASKED_BYTES = 32 * 1024 * 1024
/** Programs print a banner now and then; this many lines that are no message are no banner. */
const MAX_BABBLE_LINES = 100
const MAX_WORDS = 400
/** To end after its input was closed, and again after SIGTERM. */
const END_MS = 1000

export type ChildServer = { command: string; args: string[]; env: Record<string, string>; cwd: string }

export class StdioTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  /** Why it was closed, when the reason is the server's. */
  failure?: McpFailure
  private readonly server: ChildServer
  private child: ChildProcess | undefined
  private ended: Promise<void> = Promise.resolve()
  private unread: Buffer[] = []
  private unreadBytes = 0
  private unaskedBytes = 0
  private babble = 0
  private words = ''

  constructor(server: ChildServer) {
    this.server = server
  }

  /** The end of what it wrote that is no message: its errors. */
  lastWords(): string {
    return this.words.trim().replace(/\s+/g, ' ')
  }

  start(): Promise<void> {
    const { command, args, env, cwd } = this.server
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
      this.child = child
      this.ended = new Promise((end) => {
        // What it started and left behind would hold its pipes open.
        child.once('exit', () => {
          killGroup(child, 'SIGKILL')
          // What left the group may hold them, too; nobody waits for that.
          const timer = setTimeout(() => destroyPipes(child), END_MS)
          child.once('close', () => clearTimeout(timer))
        })
        child.once('close', () => end())
      })
      child.once('spawn', () => resolve())
      child.once('error', (error) => {
        reject(new McpFailure('missing', `cannot be started: ${error.message}`))
      })
      child.once('close', (code, signal) => {
        this.failure ??= new McpFailure('died', `ended with ${signal ?? `code ${code}`}`)
        this.child = undefined
        this.onclose?.()
      })
      child.stdin.on('error', (error) => this.onerror?.(error))
      child.stdout.on('data', (chunk: Buffer) => this.read(chunk))
      child.stderr.on('data', (chunk: Buffer) => this.hear(chunk.toString('utf8')))
    })
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.child?.stdin
    if (!stdin) return Promise.reject(this.failure ?? new McpFailure('died', 'is not running'))
    this.unaskedBytes = 0
    return new Promise((resolve, reject) => {
      stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Asks it to end, and makes it end. Returns when its whole group is gone. */
  async close(): Promise<void> {
    const child = this.child
    if (child) {
      child.stdin?.end()
      if (!(await this.endsWithin(END_MS))) killGroup(child, 'SIGTERM')
      if (!(await this.endsWithin(END_MS))) killGroup(child, 'SIGKILL')
    }
    await this.ended
  }

  private async endsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ms)
    })
    const inTime = await Promise.race([this.ended.then(() => true), late])
    clearTimeout(timer)
    return inTime
  }

  private stop(failure: McpFailure): void {
    if (this.failure) return
    this.failure = failure
    this.unread = []
    if (this.child) killGroup(this.child, 'SIGKILL')
  }

  private hear(text: string): void {
    this.words = `${this.words}${text}`.slice(-MAX_WORDS)
  }

  private read(chunk: Buffer): void {
    if (this.failure) return
    this.unaskedBytes += chunk.length
    if (this.unaskedBytes > MAX_UNASKED_BYTES) {
      this.stop(new McpFailure('flood', `sent more than ${MAX_UNASKED_BYTES} bytes without being asked`))
      return
    }
    let rest = chunk
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...this.unread, rest.subarray(0, end)]).toString('utf8')
      this.unread = []
      this.unreadBytes = 0
      rest = rest.subarray(end + 1)
      this.take(line)
    }
    this.unread.push(rest)
    this.unreadBytes += rest.length
    if (this.unreadBytes > MAX_MESSAGE_BYTES)
      this.stop(new McpFailure('flood', `sent a message of more than ${MAX_MESSAGE_BYTES} bytes`))
  }

  private take(line: string): void {
    if (line.trim() === '' || this.failure) return
    const message = messageOf(line)
    if (message) {
      this.babble = 0
      this.onmessage?.(message)
      return
    }
    this.hear(`${line.slice(0, MAX_WORDS)}\n`)
    if (++this.babble > MAX_BABBLE_LINES)
      this.stop(new McpFailure('nonsense', `writes what is no MCP message: ${JSON.stringify(line.slice(0, 80))}`))
  }
}

function messageOf(line: string): JSONRPCMessage | undefined {
  try {
    return parseJSONRPCMessage(JSON.parse(line))
  } catch {
    return undefined // counted by the caller: a few lines of it are a banner, more are nonsense
  }
}

function destroyPipes({ stdout, stderr }: ChildProcess): void {
  stdout?.destroy()
  stderr?.destroy()
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it and all it started are gone
  }
}
