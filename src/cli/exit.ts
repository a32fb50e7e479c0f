// The exit codes of every command; design: "Command line". Apart from exit-code.ts, so that `--help` loads no client.
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  connection: 4,
  notFound: 5,
  rejected: 6,
  interrupted: 7,
  partial: 8,
  waiting: 10,
  detached: 130,
} as const

/** A mistake in how a command was used: one line, exit code 2. */
export class UsageError extends Error {}
