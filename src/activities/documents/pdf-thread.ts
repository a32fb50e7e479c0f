// The thread in which a PDF's text is read. unpdf carries its own build of PDF.js without a canvas or other native
// parts; 1.7 is the last that runs on Node 20.
import { parentPort, workerData } from 'node:worker_threads'
import { extractText, getDocumentProxy } from 'unpdf'
import type { PdfReading } from './pdf.js'

parentPort?.postMessage(await read(workerData as Uint8Array))

async function read(data: Uint8Array): Promise<PdfReading> {
  try {
    // Errors only: what PDF.js warns of, it has mended.
    const pdf = await getDocumentProxy(data, { verbosity: 0 })
    if (pdf.numPages < 1) return { refused: 'damaged: a PDF without pages' }
    const { info } = (await pdf.getMetadata()) as { info: { EncryptFilterName?: string | null } }
    const { text } = await extractText(pdf, { mergePages: false })
    return { pages: text, open: !info.EncryptFilterName }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (error.name === 'PasswordException') return { refused: 'encrypted: a PDF that wants a password' }
    return { refused: `damaged: ${error.message}` }
  }
}
