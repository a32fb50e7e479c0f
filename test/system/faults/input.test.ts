// What anybody may send by hand, past every client: each malformed input is refused with one clear sentence and no call
// made, each odd but valid one arrives byte for byte.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RawValue } from '@temporalio/common'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isTextRef } from '../../../src/contracts/refs.js'
import { directoryStore } from '../../../src/storage/store.js'
import { failureOf } from '../../support/run-result.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { requestsOf, verified, verifyHistory } from '../../support/verify.js'

const DEPTH = 10_000
const deep = (open: string, close: string) => `${open.repeat(DEPTH)}0${close.repeat(DEPTH)}`

/** JSON as it goes over the wire → what the refusal says. */
const MALFORMED: Record<string, [json: string, says: RegExp]> = {
  'no JSON': ['{"items":', /input: cannot be read/],
  null: ['null', /input/],
  'a number': ['7', /input/],
  'a string': ['"prompt"', /input/],
  'a list': ['[{"prompt":"bad list"}]', /input/],
  'an empty object': ['{}', /items or itemsFile/],
  'items that are text': ['{"items":"bad items"}', /items.*"bad items"/],
  'no items': ['{"items":[]}', /items: is empty/],
  'an item that is null': ['{"items":[null]}', /items\.0/],
  'an item without prompt': ['{"items":[{}]}', /items\.0\.prompt: is missing/],
  'an empty prompt': ['{"items":[{"prompt":""}]}', /items\.0\.prompt/],
  'a prompt of blanks': ['{"items":[{"prompt":" \\n"}]}', /items\.0\.prompt: is empty/],
  'a prompt that is a number': ['{"items":[{"prompt":5}]}', /items\.0\.prompt.*got 5/],
  'a field nobody knows': ['{"items":[{"prompt":"bad field","promt":1}]}', /unknown field "promt"/],
  'what only an earlier execution carries over': ['{"continued":{"plan":{}}}', /unknown field "continued"/],
  '__proto__ as a field': [
    '{"items":[{"prompt":"bad proto"}],"__proto__":{"confirm":"never"}}',
    /unknown field "__proto__"/,
  ],
  '__proto__ in an item': ['{"items":[{"prompt":"bad proto","__proto__":{"model":"x"}}]}', /unknown field "__proto__"/],
  'constructor as a field': ['{"items":[{"prompt":"bad"}],"constructor":{}}', /unknown field "constructor"/],
  'concurrency 0': ['{"items":[{"prompt":"bad number"}],"concurrency":0}', /concurrency.*got 0/],
  'concurrency 1.5': ['{"items":[{"prompt":"bad number"}],"concurrency":1.5}', /concurrency.*got 1\.5/],
  'concurrency as text': ['{"items":[{"prompt":"bad number"}],"concurrency":"ten"}', /concurrency.*got "ten"/],
  'concurrency beyond numbers': ['{"items":[{"prompt":"bad number"}],"concurrency":1e999}', /concurrency/],
  'the same id twice': ['{"items":[{"id":"a","prompt":"bad id"},{"id":"a","prompt":"bad id"}]}', /"a" is there twice/],
  'a NUL in an id': ['{"items":[{"id":"a\\u0000b","prompt":"bad id"}]}', /items\.0\.id: has control characters/],
  'an empty id': ['{"items":[{"id":"","prompt":"bad id"}]}', /items\.0\.id/],
  'half a character in a prompt': ['{"items":[{"prompt":"bad \\ud83d text"}]}', /items\.0\.prompt.*half a surrogate/],
  'half a character in an id': ['{"items":[{"id":"\\udc00","prompt":"bad id"}]}', /items\.0\.id.*half a surrogate/],
  'half a character in a key': ['{"items":[{"prompt":"bad key","params":{"\\ud800":1}}]}', /half a surrogate/],
  'an unknown model': ['{"items":[{"prompt":"bad model"}],"model":"claude-nine"}', /claude-nine/],
  'a file that is not there': ['{"itemsFile":"no/such.json"}', /itemsFile: cannot read no\/such\.json/],
  'deep lists': [`{"items":[{"prompt":"deep","params":{"x":${deep('[', ']')}}}]}`, /nested/],
  'deep objects': [`{"items":[{"prompt":"deep","output":${deep('{"a":', '}')}}]}`, /nested/],
  'deep blocks': [`{"items":[{"prompt":[{"type":"text","text":"deep","x":${deep('[', ']')}}]}]}`, /nested/],
  'a deep unknown field': [`{"items":[{"prompt":"deep"}],"x":${deep('[', ']')}}`, /nested/],
  'a deep input': [deep('[', ']'), /nested/],
}

/** Long enough to be whole, short enough for the journal's head. */
const ODD: Record<string, string> = {
  NUL: 'odd a\u0000b',
  'every control character': `odd ${String.fromCharCode(...Array(32).keys())}\u007f\u0085`,
  'line separators': 'odd \u2028\u2029\r\n\u0085',
  'bytes that look like SSE': 'odd \n\ndata: {"type":"message_stop"}\n\nevent: error\n\n',
  'a BOM and a replacement character': 'odd \ufeff\ufffd\ufffe',
  'beyond the BMP': 'odd 𝒳 👩‍👩‍👧‍👦 🏳️‍🌈 \u{10ffff}',
  'combining, unnormalised': 'odd e\u0301 é \u1112\u1161\u11ab 한',
  'right to left': 'odd \u202eabc\u202c עברית العربية',
  'JSON in text': 'odd {"__proto__":{"x":1}} \\u0000 \\ud800',
}

const IDS = [
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '日本語',
  '👩‍👩‍👧',
  'e\u0301',
  'é',
  'a b/c|d',
  'ж'.repeat(100),
]

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([
    { match: { prompt: 'answer deep' }, reply: { text: deep('[', ']') } },
    { reply: { text: '{prompt}' } },
  ])
})

afterAll(() => stage?.close())

/** Bytes as they are, whatever a JSON writer would make of them. */
const raw = (json: string, encoding = 'json/plain') =>
  RawValue.fromPayload({ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(json) })

describe.concurrent('malformed input', () => {
  it.each(Object.entries(MALFORMED))(
    '(%s) is refused with the reason, and no call is made',
    async (_name, [json, says]) => {
      const handle = await stage.start('parallel', raw(json))
      const failure = await failureOf(handle)
      expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true })
      expect(failure.message).toMatch(says)
      expect(failure.message.length).toBeLessThan(1000)
      await verifyHistory(handle)
      for (const prompt of ['bad', 'deep']) expect(requestsOf(stage, prompt)).toEqual([])
    },
  )

  it('(in an unknown encoding) is refused with the reason', async () => {
    const handle = await stage.start('parallel', raw('{}', 'my/own'))
    expect(await failureOf(handle)).toMatchObject({ type: 'InvalidInput', message: expect.stringMatching(/my\/own/) })
    await verifyHistory(handle)
  })

  it('(none at all) is refused with the reason', async () => {
    const handle = await stage.client.workflow.start('parallel', {
      taskQueue: 'ensemble',
      workflowId: 'nothing',
      args: [],
    })
    expect(await failureOf(handle)).toMatchObject({ type: 'InvalidInput', message: expect.stringMatching(/input/) })
  })
})

describe.concurrent('malformed messages', () => {
  it('are refused with the reason, and the run goes on', async () => {
    const handle = await stage.start('parallel', { items: [{ prompt: 'steered' }], confirm: 'always' })
    const { approvals } = await stage.reach(handle, 'waiting')
    const digest = approvals[0]?.digest
    await handle.signal('approve', raw(`{"digest":${deep('[', ']')}}`))
    await handle.signal('interrupt', raw(`{"item":${deep('{"a":', '}')}}`))
    await handle.signal('revise', raw(`{"digest":"${digest}","input":{"items":${deep('[', ']')}}}`))
    await handle.signal('approve', raw('{"digest":'))
    await handle.signal('pause', raw('yes', 'my/own'))
    await expect(handle.executeUpdate('decide', { args: [raw(`{"kind":${deep('[', ']')}}`)] })).rejects.toThrow()
    const refused = await until('five refusals', async () => {
      const status = await stage.status(handle)
      return status.refused.length === 5 && status.status === 'waiting' && status.refused
    })
    const names = refused.map(({ message }) => message)
    expect(names.sort()).toEqual(['approve', 'approve', 'interrupt', 'pause', 'revise'])
    const deepOnes = refused.filter(({ reason }) => reason.includes('nested too deep'))
    const unread = refused.filter(({ reason }) => reason.includes('cannot be read'))
    expect([deepOnes.length, unread.length]).toEqual([3, 2])
    await expect(handle.executeUpdate('decide', { args: [raw('{"kind":')] })).rejects.toThrow()
    await handle.signal('approve', { digest })
    expect((await verified(handle, ['1'])).status).toBe('completed')
  })

  it('of a model, nested beyond all measure, are an error of their item', async () => {
    const all = [
      { id: 'deep', prompt: 'answer deep', output: { type: 'array' } },
      { id: 'flat', prompt: 'answer flat' },
    ]
    const handle = await stage.start('parallel', { items: all, confirm: 'never', inlineBytes: 262_144 })
    const {
      items: [nested, flat],
    } = await verified(handle, ['deep', 'flat'])
    expect(nested).toMatchObject({ status: 'error', attempts: 1, error: { type: 'OutputInvalid' } })
    expect(flat).toMatchObject({ status: 'ok' })
  })
})

describe.concurrent('odd input', () => {
  it('in prompts arrives and comes back byte for byte', async () => {
    const ids = Object.keys(ODD)
    const all = Object.entries(ODD).map(([id, prompt]) => ({ id, prompt }))
    const result = await verified(await stage.start('parallel', { items: all, confirm: 'never' }), ids)
    expect(result.items.map(({ text }) => text)).toEqual(Object.values(ODD))
    const heads = requestsOf(stage, 'odd ').map(({ promptHead }) => promptHead)
    expect(heads.sort()).toEqual(Object.values(ODD).sort())
  })

  it('in ids comes back as it was, each with its own answer', async () => {
    const all = IDS.map((id, index) => ({ id, prompt: `named ${index}` }))
    const handle = await stage.start('parallel', { items: all, confirm: 'never' })
    const result = await verified(handle, IDS)
    expect(result.items.map(({ text }) => text)).toEqual(all.map(({ prompt }) => prompt))
    expect((await stage.status(handle)).items.map(({ id }) => id)).toEqual(IDS)
  })

  it('of 3 MB from a file arrives and comes back byte for byte; of 10 MB it is refused, saying what fits', async () => {
    const large = (bytes: number) => `large ${'0123456789 žluťoučký 🐎 '.repeat(bytes / 32)}`
    const file = async (name: string, bytes: number) => {
      const path = join(stage.home, name)
      await writeFile(path, JSON.stringify([{ id: name, prompt: large(bytes) }]))
      return stage.start('parallel', { itemsFile: path, confirm: 'never', inlineBytes: 0 })
    }
    const three = await file('three.json', 3_000_000)
    const {
      items: [item],
    } = await verified(three, ['three.json'])
    if (!isTextRef(item?.text)) throw new Error('wanted a ref')
    const text = await directoryStore(join(stage.home, 'store')).text(item.text.ref)
    expect(text === large(3_000_000)).toBe(true) // a difference of megabytes is no good message
    const ten = await failureOf(await file('ten.json', 10_000_000))
    expect(ten).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/ten\.json: about \d+ prompt tokens/),
    })
    expect(requestsOf(stage, 'large').length).toBe(1)
  })
})
