// A file name in git is bytes without NUL, and need not be UTF-8. Inside this room a name is a string of one character
// for each byte, so that every name comes back as it was; people and the file system get it converted at the border.
import { Buffer } from 'node:buffer'

/** One character (0–255) a byte, '/' between the parts. */
export type Name = string

export const shown = (name: Name): string => Buffer.from(name, 'latin1').toString('utf8')

export const named = (path: string): Name => Buffer.from(path, 'utf8').toString('latin1')

/** Where it is on disk. */
export const placeOf = (directory: string, name: Name): Buffer =>
  Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, 'latin1')])

/** As git reads it from its standard input, with `-z`. */
export const listed = (names: Iterable<Name>): Buffer =>
  Buffer.from(Array.from(names, (name) => `${name}\0`).join(''), 'latin1')

/** As git writes it with `-z`. */
export const split = (output: string): Name[] => output.split('\0').filter(Boolean)

/** The directories a file is in, nearest first. */
export function* parentsOf(name: Name): Generator<Name> {
  for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) yield name.slice(0, at)
}
