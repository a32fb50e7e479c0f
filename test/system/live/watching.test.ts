// Whoever watches a run's text may go, come back and lose the line, and sees it whole: a program that is killed, a reader
// whose connection is cut, the command line with and without a terminal.
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../../src/client/ensemble.js'
import type { RunEvent } from '../../../src/client/run-event.js'
import { startProgram } from '../../support/program.js'
import { startProxy } from '../../support/proxy.js'
import { openStage, type Stage } from '../../support/stage.js'
import { openTestTerminal } from '../../support/terminal.js'
import { reader } from '../../support/text-reader.js'
import { until } from '../../support/until.js'
import { requestsOf } from '../../support/verify.js'

const MAIN = new URL('../../../dist/cli/main.js', import.meta.url).pathname
const READER = new URL('../../support/reads-on.mjs', import.meta.url).pathname
const WORDS = 'Grüße, 世界 👩‍🚀! '
const LINES = 'The first line of many.\nGrüße an 世界 👩‍🚀!\n\nThe one behind an empty one.\n'
const BYTES = 12_000

let stage: Stage
let ensemble: Ensemble

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([
    { match: { prompt: 'client cut' }, reply: { text: WORDS, bytes: BYTES, firstTokenMs: 100, delayMs: 3000 } },
    { match: { prompt: 'client killed' }, reply: { text: WORDS, bytes: BYTES, firstTokenMs: 100, delayMs: 8000 } },
    {
      match: { prompt: 'cut off', attempt: 1 },
      reply: { text: LINES, bytes: 2000, delayMs: 1000 },
      fault: { kind: 'cut', at: 50, insideCharacter: true },
    },
    { match: { prompt: 'cut off' }, reply: { text: LINES, bytes: 2000, delayMs: 1000 } },
    { match: { prompt: 'many lines' }, reply: { text: LINES, bytes: 4000, delayMs: 1500 } },
    { match: { prompt: 'endless' }, reply: { text: LINES, bytes: 40_000, delayMs: 60_000 } },
  ])
  ensemble = await connected(stage.server.address)
})

afterAll(async () => {
  await ensemble?.close()
  await stage?.close()
})

function connected(address: string): Promise<Ensemble> {
  return connectTo({ address, namespace: 'default', taskQueue: 'ensemble', storeDir: join(stage.home, 'store') })
}

const streaming = (...prompts: string[]) => ({
  items: prompts.map((prompt, at) => ({ id: 'abc'[at] ?? '', prompt })),
  confirm: 'never' as const,
  stream: true,
})

describe.concurrent('a program that reads', () => {
  it('goes on by itself when its connection was cut: no gap, no duplicate', async () => {
    const proxy = await startProxy(stage.server.port)
    const own = await connected(proxy.address)
    const run = await own.start('parallel', streaming('client cut'))
    let cut = false
    const read = await reader(run, {
      async after({ texts }) {
        if (cut || (texts.a ?? '').length < 1000) return
        cut = true
        proxy.refuse()
        await new Promise((resolve) => setTimeout(resolve, 1000))
        proxy.heal()
      },
    })
    expect(proxy.hit()).toBeGreaterThan(0)
    const { items } = await run.result({ resolve: true })
    expect(read.texts.a).toBe(items[0]?.text)
    expect(read).toMatchObject({ resets: 0, end: { texts: { streamed: 1, corrected: 0, whole: 0 } } })
    await own.close()
    await proxy.close()
  })

  it('is killed, and another goes on from its cursor: no gap, no duplicate', async () => {
    const run = await ensemble.start('parallel', streaming('client killed a', 'client killed b'))
    const first = startProgram(READER, [run.id], stage)
    await until('text to be read', () => Object.values(joined(eventsIn(first.out()))).join('').length > 1000)
    first.signal('SIGKILL')
    await first.ended
    const before = eventsIn(first.out())
    expect(before.some(({ type }) => type === 'end')).toBe(false)
    const cursor = before.flatMap((event) => (event.type === 'text' ? [event.cursor] : [])).at(-1)
    const second = startProgram(READER, [run.id, String(cursor)], stage)
    expect({ code: await second.ended, err: second.err() }).toEqual({ code: 0, err: '' })
    const after = eventsIn(second.out())
    const result = await run.result({ resolve: true })
    const texts = Object.fromEntries(result.items.map(({ id, text }) => [id, text]))
    expect(joined([...before, ...after])).toEqual(texts)
    expect(joined(after)).not.toEqual(texts)
    expect(after.filter((event) => event.type === 'warning' || (event.type === 'text' && event.reset))).toEqual([])
    expect(after.at(-1)).toMatchObject({ type: 'end', texts: { streamed: 2, corrected: 0, whole: 0 } })
    expect(requestsOf(stage, 'client killed').length).toBe(2)
  })
})

describe.concurrent('the command line', () => {
  it('ask --stream into a file is exactly the answer, though it was cut off and began again', async () => {
    const path = join(stage.home, 'answer.txt')
    const file = await open(path, 'w')
    const { ended, err } = startProgram(MAIN, ['ask', '--stream', '--id', 'file', 'cut off, to a file'], stage, file.fd)
    expect({ code: await ended, err: err() }).toMatchObject({ code: 0 })
    await file.close()
    const { items } = await ensemble.run('file').result({ resolve: true })
    expect(items[0]).toMatchObject({ status: 'ok', attempts: 2 })
    expect(await readFile(path, 'utf8')).toBe(String(items[0]?.text).replace(/\n?$/, '\n'))
  })

  it('ask on a terminal writes as it arrives, and says where an answer begins again', async () => {
    const { home: cwd, server, simulator } = stage
    const env = { PATH: process.env.PATH, HOME: cwd, TERM: 'xterm-256color', ENSEMBLE_HOME: cwd }
    const terminal = openTestTerminal([process.execPath, MAIN, 'ask', '--id', 'seen', 'cut off, on a terminal'], {
      cwd,
      env: { ...env, TEMPORAL_ADDRESS: server.address, ANTHROPIC_BASE_URL: simulator.url },
    })
    await terminal.shows('The first line of many.')
    expect(requestsOf(stage, 'cut off, on a terminal').some(({ outcome }) => outcome === 'answered')).toBe(false)
    expect(await terminal.ended).toBe(0)
    const { items } = await ensemble.run('seen').result({ resolve: true })
    const shown = terminal.seen().slice(terminal.seen().indexOf('The first line'))
    const [cut, whole, ...more] = shown.split(/\s*— the answer was cut off and begins again —\s*/)
    expect(more).toEqual([])
    const answer = String(items[0]?.text).trim()
    expect(whole?.trim()).toBe(answer)
    expect(cut?.length).toBeGreaterThan(100)
    expect(answer.slice(0, cut?.trim().length)).toBe(cut?.trim())
  })

  it('run --stream without a terminal shows whole lines, each with its agent', async () => {
    const ids = Array.from({ length: 12 }, (_, at) => `n${String(at + 1).padStart(3, '0')}`)
    const path = join(stage.home, 'lines.json')
    await writeFile(path, JSON.stringify(ids.map((id) => ({ id, prompt: `many lines of ${id}` }))))
    const args = ['run', 'parallel', '--input', path, '--stream', '--yes', '--id', 'lines', '--concurrency', '12']
    const { ended, err } = startProgram(MAIN, args, stage)
    expect({ code: await ended, err: err() }).toMatchObject({ code: 0 })
    const { items } = await ensemble.run('lines').result({ resolve: true })
    const said = err().split('\n')
    const labelled = said.flatMap((line) => {
      const [, id, text] = /^\[(n\d{3})\] (.*)$/.exec(line) ?? []
      return id === undefined ? [] : [{ id, text }]
    })
    expect(items.map(({ id }) => id)).toEqual(ids)
    for (const { id, text } of items) {
      const lines = labelled.filter((line) => line.id === id).map((line) => line.text)
      expect(lines).toEqual(
        String(text)
          .split('\n')
          .filter((line) => line.trim() !== ''),
      )
    }
    // Nothing torn: text is nowhere else but in what is told of an agent's progress.
    const parts = LINES.split('\n').filter((part) => part !== '')
    const texts = said.filter((line) => parts.some((part) => line.includes(part)))
    expect(texts.filter((line) => !/^\[n\d{3}\] |^ {2}n\d{3}: /.test(line))).toEqual([])
    // Nobody's answer is held back until another's is whole.
    const firstEnds = labelled.findLastIndex(({ id }) => id === labelled[0]?.id)
    expect(new Set(labelled.slice(0, firstEnds).map(({ id }) => id)).size).toBe(ids.length)
  })

  it('Ctrl-C leaves a streaming run alone with 130', async () => {
    const args = ['run', 'parallel', '--input', join(stage.home, 'one.json'), '--stream', '--yes', '--id', 'left']
    await writeFile(join(stage.home, 'one.json'), JSON.stringify([{ id: 'n001', prompt: 'endless' }]))
    const following = startProgram(MAIN, args, stage)
    await following.said(/^\[n001\] The first line/m)
    following.signal('SIGINT')
    expect(await following.ended).toBe(130)
    expect(following.err()).toMatch(/run left goes on/)
    const run = ensemble.run('left')
    expect(await run.facts()).toMatchObject({ open: true })
    await run.interrupt()
    const { status } = await run.result()
    expect(status).toBe('interrupted')
  })
})

/** Whole lines: the last one of a program that was killed may be torn. */
function eventsIn(out: string): RunEvent[] {
  const lines = out.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line))
}

function joined(events: RunEvent[]): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const event of events) if (event.type === 'text') texts[event.item] = (texts[event.item] ?? '') + event.text
  return texts
}
