// A real PDF, made when it is needed: pages of lines, an empty list for a page without text. `packed`: its
// objects in compressed streams.
import { PDFDocument, PDFHexString, PDFName, PDFNumber, StandardFonts } from 'pdf-lib'

export async function makePdf(
  pages: string[][],
  options: { locked?: boolean; packed?: boolean } = {},
): Promise<Buffer> {
  const pdf = await PDFDocument.create()
  const font = await pdf.embedFont(StandardFonts.Helvetica)
  for (const lines of pages) {
    const page = pdf.addPage([500, 300])
    lines.forEach((line, index) => {
      page.drawText(line, { x: 20, y: 270 - 18 * index, size: 12, font })
    })
  }
  if (options.locked) lock(pdf)
  return Buffer.from(await pdf.save({ useObjectStreams: options.packed ?? false }))
}

/** Says that it is encrypted with a password, which no reader can know: there is none. */
function lock({ context }: PDFDocument): void {
  const text = PDFHexString.of('00'.repeat(32))
  const entries = { Filter: PDFName.of('Standard'), V: PDFNumber.of(1), R: PDFNumber.of(2), P: PDFNumber.of(-4) }
  context.trailerInfo.Encrypt = context.register(context.obj({ ...entries, O: text, U: text }))
  context.trailerInfo.ID = context.obj([PDFHexString.of('ab'.repeat(16)), PDFHexString.of('ab'.repeat(16))])
}
