import { describe, expect, it } from 'vitest'
import { cite, type Source } from '../../../src/activities/documents/cite.js'
import { searchable } from '../../../src/activities/documents/quote.js'

const source = (kind: Source['kind'], units: string[]): Source => ({ path: 'a', kind, units, text: searchable(units) })
const text = source('text', [
  '# The lease',
  '',
  'The landlord’s notice is “six months”, if every-',
  'body is reason\u00adable. The rent is -5 %.',
  'It was agreed.',
  'Nothing else was agreed. It was agreed.',
  'The office is of\ufb01cial.',
])
const inText = (quote: string, place = 1) => cite(text, { quote, place })

describe('a quote', () => {
  it.each([
    ['as it stands', 'It was agreed.', 5],
    ['over two lines', 'if everybody is reasonable.', 3],
    ['with other quotation marks', `The landlord's notice is "six months"`, 3],
    ['with the hyphen kept', 'if every-body is', 3],
    ['with other white space', 'if  every-\n body   is', 3],
    ['with the number its line was shown with', '3\tThe landlord’s notice', 3],
    ['broken off inside a word', 'six months”, if every-', 3],
    ['in marks of its own', '"The rent is -5 %."', 4],
    ['with a ligature spelt out', 'The office is official.', 7],
  ])('%s is found', (_, quote, line) => {
    expect(inText(quote, line)).toMatchObject({ verified: true, line })
  })

  it.each([
    ['in other words', 'The landlord agreed'],
    ['with another figure', 'The rent is 5 %'],
    ['in another case', 'the lease'],
    ['with a word less', 'The notice is “six months”'],
    ['of nothing', '  '],
    ['of marks alone', '""'],
  ])('%s is not', (_, quote) => {
    expect(inText(quote, 3)).toMatchObject({ verified: false, line: 3 })
  })

  it('found once has the place where it is, whatever was said', () => {
    expect(inText('Nothing else', 1)).toMatchObject({ verified: true, line: 6 })
    expect(inText('Nothing else', -7)).toMatchObject({ verified: true, line: 6 })
  })

  it('found at several places keeps the one that was said, or has the nearest', () => {
    expect(inText('It was agreed.', 6)).toMatchObject({ verified: true, line: 6 })
    expect(inText('It was agreed.', 1)).toMatchObject({ verified: true, line: 5 })
  })

  it('not found loses a place that does not exist', () => {
    const citation = inText('Never written', 99)
    expect(citation).toMatchObject({ verified: false })
    expect(citation).not.toHaveProperty('line')
  })

  it('of a PDF is looked up on its pages, over the end of one too', () => {
    const pdf = source('pdf', ['The first page ends in the mid-', 'dle of a word.', ''])
    expect(cite(pdf, { quote: 'in the middle of a word', place: 2 })).toMatchObject({ verified: true, page: 1 })
    expect(cite(pdf, { quote: 'of a word', place: 1 })).toMatchObject({ verified: true, page: 2 })
    expect(cite(pdf, { quote: 'not there', place: 2 })).toMatchObject({ verified: false, page: 2 })
  })

  it('that code cannot check is neither true nor false: of an image, of a page without text', () => {
    expect(cite(source('image', []), { quote: 'Sign', place: 0 })).toEqual({ file: 'a', quote: 'Sign', verified: null })
    const scanned = source('pdf', ['Some text', '', ''])
    expect(cite(scanned, { quote: 'on the picture', place: 2 })).toMatchObject({ verified: null, page: 2 })
    expect(cite(source('pdf', ['', ' ']), { quote: 'on the picture', place: 9 })).toMatchObject({ verified: null })
  })

  it('of endless length is cut in the result, and checked whole', () => {
    const long = source('text', [`${'word '.repeat(300)}end`])
    const { quote, verified } = cite(long, { quote: `${'word '.repeat(300)}end`, place: 1 })
    expect(verified).toBe(true)
    expect(quote).toHaveLength(500)
    expect(cite(long, { quote: `${'word '.repeat(300)}other end`, place: 1 }).verified).toBe(false)
  })

  it('is found in a text of a hundred thousand lines without delay', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index} of a long text that goes on and on-`)
    const large = source('text', lines)
    expect(cite(large, { quote: 'line 77777 of a long', place: 1 })).toMatchObject({ verified: true, line: 77_778 })
  })
})
