import { describe, expect, it } from 'vitest'
import { expertPrompt, loadExperts } from '../../src/agents/experts.js'
import { EXPERTS } from '../../src/contracts/schemas/index.js'

const noFile = () => Promise.reject(new Error('no file was to be read'))
const file = (text: string) => () => Promise.resolve(text)

it('four experts review by default', async () => {
  const experts = await loadExperts(undefined, noFile)
  expect(experts.map((expert) => expert.name)).toEqual(['security', 'correctness', 'performance', 'readability'])
})

it('every built-in expert says who it is first, and each has a text of its own', async () => {
  const experts = await loadExperts([...EXPERTS], noFile)
  for (const { name, system } of experts) {
    expect(system.split('\n')[0]).toBe(`You are the ${name} expert of a code review.`)
    expect(system).toMatch(/empty list is a good answer/)
    expect(system).toMatch(/Leave/)
  }
  expect(new Set(experts.map(({ system }) => system.split('\n\n')[1])).size).toBe(EXPERTS.length)
})

it('an unknown expert is refused with those that are known', async () => {
  await expect(loadExperts(['securty'], noFile)).rejects.toThrow(
    'unknown expert "securty"; wanted security, correctness, performance, readability, maintainability, tests, api or a path ending in .md',
  )
  await expect(loadExperts(['constructor'], noFile)).rejects.toThrow(/unknown expert "constructor"/)
})

it('the same name twice is refused, wherever it comes from', async () => {
  await expect(loadExperts(['api', 'api'], noFile)).rejects.toThrow(/"api" is named twice/)
  await expect(loadExperts(['api', { name: 'api', system: 'x' }], noFile)).rejects.toThrow(/"api" is named twice/)
  await expect(loadExperts(['api', 'mine/api.md'], file('x'))).rejects.toThrow(/"api" is named twice/)
})

it('no expert at all is refused', async () => {
  await expect(loadExperts([], noFile)).rejects.toThrow(/got none; wanted at least one/)
})

describe('an own expert', () => {
  it('is taken as it is, beside built-in ones', async () => {
    const own = { name: 'licences', system: 'Look for licences.' }
    expect((await loadExperts(['api', own], noFile))[1]).toEqual(own)
  })

  it.each(['', '  ', 'a, b', 'a\nb', 'x'.repeat(101)])('is refused by the name %j', async (name) => {
    await expect(loadExperts([{ name, system: 'x' }], noFile)).rejects.toThrow(/wanted 1 to 100 characters, no comma/)
  })

  it('is refused without a text', async () => {
    await expect(loadExperts([{ name: 'x', system: ' \n' }], noFile)).rejects.toThrow(/expert "x" has no text/)
  })
})

describe('an expert file', () => {
  it.each([
    ['---\nname: Licences\ntools: Read\n---\n\nLook.\n', 'Licences', 'Look.'],
    ['\ufeff---\r\nname: "A b"\r\n---\r\nLook.\r\nMore.', 'A b', 'Look.\nMore.'],
    ["---\ndescription: x\n---\n'Look.'", 'law', "'Look.'"],
    ['---\n---\nLook.', 'law', 'Look.'],
    ['Look.\n\n---\nname: not front matter\n---\n', 'law', 'Look.\n\n---\nname: not front matter\n---'],
    ['---\nname: never closed', 'law', '---\nname: never closed'],
  ])('%j is the expert %j', async (text, name, system) => {
    expect(await loadExperts(['dir/law.md'], file(text))).toEqual([{ name, system }])
  })

  it('without a text is refused by its path', async () => {
    await expect(loadExperts(['dir/law.md'], file('---\nname: x\n---\n'))).rejects.toThrow(
      /dir\/law\.md: expert "x" has no/,
    )
  })

  it('that cannot be read is refused by its path, with the reason', async () => {
    await expect(loadExperts(['dir/law.md'], () => Promise.reject(new Error('ENOENT')))).rejects.toThrow(
      /expert file dir\/law\.md cannot be read: ENOENT/,
    )
  })
})

it('the prompt carries the question, when there is one', () => {
  expect(expertPrompt('Is it fast?')).toMatch(/in particular:\nIs it fast\?$/)
  expect(expertPrompt()).not.toMatch(/particular/)
})
