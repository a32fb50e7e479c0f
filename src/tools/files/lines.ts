// Some lines of a file, numbered, without holding more of it than is shown.
import type { FileHandle } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { binary } from './text.js'

export type Wanted = { first: number; count: number; maxBytes: number; maxLine: number }
/** `last`: number of the last line shown. `more`: the file goes on. */
export type Lines = { text: string; last: number; more: boolean; total?: number }

const CHUNK = 64 * 1024

/** @throws ToolRefusal when what was read of it is no UTF-8 text */
export async function readLines(handle: FileHandle, shown: string, wanted: Wanted): Promise<Lines> {
  const chunk = Buffer.alloc(CHUNK)
  const decoder = new StringDecoder('utf8')
  const out = new Shown(wanted)
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, null)
    const bytes = chunk.subarray(0, bytesRead)
    if (bytes.includes(0)) throw binary(shown)
    const text = bytesRead === 0 ? decoder.end() : decoder.write(bytes)
    // What a decoder puts in place of bytes that are no UTF-8, unless the file really says it.
    if (text.includes('\ufffd') && !bytes.includes('\ufffd')) throw binary(shown)
    if (!out.add(text)) return out.lines(true)
    if (bytesRead === 0) return out.lines(false)
  }
}

class Shown {
  readonly #wanted: Wanted
  readonly #out: string[] = []
  #bytes = 0
  #number = 1
  #line = ''
  #cut = 0
  #any = false
  #last = 0

  constructor(wanted: Wanted) {
    this.#wanted = wanted
  }

  /** False: nothing more is wanted. */
  add(text: string): boolean {
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#take(text.slice(from, end))
      from = end + 1
      if (!this.#finish()) return false
    }
    this.#take(text.slice(from))
    return true
  }

  lines(more: boolean): Lines {
    const open = !more && this.#any && !this.#finish()
    const total = more || open ? {} : { total: this.#number - 1 }
    return { text: this.#out.join('\n'), last: this.#last, more: more || open, ...total }
  }

  #take(text: string): void {
    if (text === '') return
    this.#any = true
    if (this.#number < this.#wanted.first) return
    const room = this.#wanted.maxLine - this.#line.length
    this.#line += text.slice(0, room)
    this.#cut += Math.max(0, text.length - room)
  }

  /** The line is complete. */
  #finish(): boolean {
    const { first, count, maxBytes } = this.#wanted
    if (this.#number >= first + count) return false
    if (this.#number >= first) {
      const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
      const cut = this.#cut > 0 ? `… (${this.#cut} more characters in this line)` : ''
      const shown = `${this.#number}\t${line}${cut}`
      if (this.#bytes + Buffer.byteLength(shown) + 1 > maxBytes) return false
      this.#bytes += Buffer.byteLength(shown) + 1
      this.#out.push(shown)
      this.#last = this.#number
    }
    this.#number += 1
    this.#line = ''
    this.#cut = 0
    this.#any = false
    return true
  }
}
