// One JSON line per event on stderr, with keys that may be secret redacted, in the shape Temporal's SDK logs in.
import type { Logger, LogLevel, LogMetadata } from '@temporalio/worker'
import pino from 'pino'

const REDACT = ['apiKey', '*.apiKey', 'authorization', '*.authorization', 'headers']

export function workerLogger(level: string): Logger {
  const log = pino({ level, redact: REDACT, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }))
  const write = (at: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (message: string, meta?: LogMetadata) =>
    log[at](meta ?? {}, message)
  const byLevel = {
    TRACE: write('trace'),
    DEBUG: write('debug'),
    INFO: write('info'),
    WARN: write('warn'),
    ERROR: write('error'),
  }
  return {
    trace: byLevel.TRACE,
    debug: byLevel.DEBUG,
    info: byLevel.INFO,
    warn: byLevel.WARN,
    error: byLevel.ERROR,
    log: (at: LogLevel, message: string, meta?: LogMetadata) => byLevel[at](message, meta),
  }
}
