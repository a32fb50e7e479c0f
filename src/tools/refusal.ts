// What a tool tells the model instead of doing it: an outside path, a file that is no text, a text that occurs twice. The
// model can go on with that, so it is a result; anything else that goes wrong is the run's business and thrown.
import type { ToolOutput } from './tool.js'

/** Its message goes to the model: one line, without paths of the machine. */
export class ToolRefusal extends Error {}

export function failure(text: string): ToolOutput {
  return { content: [{ type: 'text', text }], isError: true }
}

/** Refusals as error results; `file`: how the model named what a file-system error is about. */
export async function orRefused(file: string, work: () => Promise<ToolOutput>): Promise<ToolOutput> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ToolRefusal) return failure(error.message)
    const reason = fileError(error)
    if (reason === undefined) throw error
    return failure(`${file}: ${reason}`)
  }
}

/** In words, and without the path that Node's own message has; undefined: no file-system error. */
export function fileError(error: unknown): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return undefined
  return REASONS[code] ?? `cannot be used (${code})`
}

const REASONS: Record<string, string> = {
  ENOENT: 'does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of its path is no directory',
  EISDIR: 'is a directory',
  ELOOP: 'a symbolic link took its place, or links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENXIO: 'is no regular file',
  EFBIG: 'is too large',
}
