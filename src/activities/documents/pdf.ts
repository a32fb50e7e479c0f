// A PDF is a program somebody else wrote: it is taken apart in a thread of its own, which may fail, hang or eat memory
// without the worker, its heartbeats and its leases noticing.
import { Worker } from 'node:worker_threads'
import { InputError } from '../input-error.js'

export type PdfText = { pages: string[]; open: boolean }

/** What the thread sends back. */
export type PdfReading = PdfText | { refused: string }

/** A thousand pages of text take some 10 s. */
const MOST_MS = 120_000
const MEMORY_MB = 1024

/** @throws InputError naming why it cannot be read: damaged, locked, without pages, or endless */
export async function readPdf(bytes: Buffer, signal?: AbortSignal): Promise<PdfText> {
  signal?.throwIfAborted()
  // A copy of its own, because what is handed to a thread is gone here.
  const data = new Uint8Array(bytes)
  const thread = new Worker(new URL('./pdf-thread.js', import.meta.url), {
    workerData: data,
    transferList: [data.buffer],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    // The worker's environment holds its key.
    env: {},
    stdout: true,
    stderr: true,
  })
  const over = new AbortController()
  const reading = await new Promise<PdfReading>((resolve, reject) => {
    const timer = setTimeout(() => resolve({ refused: `not read within ${MOST_MS / 1000} s` }), MOST_MS)
    over.signal.addEventListener('abort', () => clearTimeout(timer))
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { signal: over.signal })
    thread.once('message', (message: PdfReading) => resolve(message))
    thread.once('error', (error) => resolve({ refused: `damaged: ${error.message}` }))
    thread.once('exit', () => resolve({ refused: 'damaged: reading it came to no end' }))
  }).finally(() => {
    over.abort()
    return thread.terminate()
  })
  if ('refused' in reading) throw new InputError(reading.refused)
  return reading
}
