// What a command says, kept as its beginning and its end while it runs: however much it is, memory is bounded.
import { StringDecoder } from 'node:string_decoder'

/** Bytes kept of each end. */
const KEPT = 64 * 1024

export class CappedOutput {
  readonly #head: Buffer[] = []
  #headBytes = 0
  #tail: Buffer[] = []
  #tailBytes = 0
  /** Of all that came. */
  bytes = 0

  add(chunk: Buffer): void {
    this.bytes += chunk.length
    const first = chunk.subarray(0, KEPT - this.#headBytes)
    if (first.length > 0) {
      // A copy: a slice would keep the whole chunk.
      this.#head.push(Buffer.from(first))
      this.#headBytes += first.length
    }
    const rest = chunk.subarray(first.length)
    if (rest.length === 0) return
    this.#tail.push(rest)
    this.#tailBytes += rest.length
    if (this.#tailBytes > 4 * KEPT) this.#shorten()
  }

  /** With a note of how much is left out. Bytes that are no UTF-8 become U+FFFD. */
  text(): string {
    this.#shorten()
    const left = this.bytes - this.#headBytes - this.#tailBytes
    const [head, tail] = [Buffer.concat(this.#head), Buffer.concat(this.#tail)]
    if (left === 0) return Buffer.concat([head, tail]).toString('utf8')
    // No half characters at the cuts.
    const first = new StringDecoder('utf8').write(head)
    const last = tail.subarray(tail.findIndex((byte) => (byte & 0xc0) !== 0x80)).toString('utf8')
    return `${first}\n… (${left} bytes left out) …\n${last}`
  }

  #shorten(): void {
    if (this.#tailBytes <= KEPT) return
    const tail = Buffer.concat(this.#tail)
    const kept = Buffer.from(tail.subarray(tail.length - KEPT))
    this.#tail = [kept]
    this.#tailBytes = kept.length
  }
}
