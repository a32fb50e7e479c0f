import { describe, expect, it } from 'vitest'
import { mediaTokens, pdfPages } from '../../../src/simulator/media.js'
import { makePdf } from '../../support/pdf.js'

const block = (type: string, data: Buffer) => ({ type, source: { type: 'base64', data: data.toString('base64') } })

describe('images and PDFs', () => {
  it.each([true, false])('count by their pages, not by their bytes (objects packed: %s)', async (packed) => {
    expect(mediaTokens(block('document', await makePdf([['one'], ['two'], []], { packed })))).toBe(6000)
    expect(mediaTokens(block('document', Buffer.from('no PDF at all')))).toBe(2000)
    expect(mediaTokens(block('image', Buffer.alloc(1_000_000)))).toBe(1600)
    expect(mediaTokens({ type: 'text' })).toBeUndefined()
  })

  it('are read page by page; what is damaged says nothing', async () => {
    const content = [block('document', await makePdf([['one'], []])), block('document', Buffer.from('%PDF-1.7'))]
    const request = { model: 'x', max_tokens: 1, messages: [{ role: 'user', content }] }
    expect(await pdfPages(request as Parameters<typeof pdfPages>[0])).toEqual([['one', ''], []])
  })
})
