// `ensemble chat` as people use it, in a real terminal, and as scripts do, through pipes.
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../src/client/ensemble.js'
import { openStage, type Stage } from '../support/stage.js'
import { CTRL_C, CTRL_D, ENTER, openTestTerminal, type TestTerminal } from '../support/terminal.js'

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname
const NUMBERS = Array.from({ length: 400 }, (_, at) => `n${at}`).join(' ')
const WORDS = 'word '.repeat(4000)

let stage: Stage
let ensemble: Ensemble
const terminals: TestTerminal[] = []
beforeAll(async () => {
  stage = await openStage()
  const { home, server, simulator } = stage
  const storeDir = `${home}/store`
  ensemble = await connectTo({ address: server.address, namespace: 'default', taskQueue: 'ensemble', storeDir })
  simulator.setRules([
    // So slow that it is seen to come while it does, on any machine.
    { match: { prompt: 'please count' }, reply: { text: NUMBERS, tokensPerSecond: 25 } },
    { match: { prompt: 'count' }, reply: { text: NUMBERS, tokensPerSecond: 100 } },
    { match: { prompt: 'for ever' }, reply: { text: WORDS, tokensPerSecond: 20 } },
    { match: { prompt: 'wrong' }, fault: { kind: '400' } },
    { reply: { text: 'you said: {prompt}' } },
  ])
})
afterAll(async () => {
  for (const terminal of terminals) terminal.kill()
  await ensemble.close()
  await stage.close()
})

const env = () => ({
  PATH: process.env.PATH,
  HOME: stage.home,
  TERM: 'xterm-256color',
  TEMPORAL_ADDRESS: stage.server.address,
  ENSEMBLE_HOME: stage.home,
  ANTHROPIC_BASE_URL: stage.simulator.url,
})

function chat(...args: string[]): TestTerminal {
  const terminal = openTestTerminal([process.execPath, MAIN, 'chat', ...args], { cwd: stage.home, env: env() })
  terminals.push(terminal)
  return terminal
}

describe('in a terminal', () => {
  it('an answer comes as it is made, /interrupt stops it in mid-sentence, and the thread is there when one comes back', async () => {
    const first = chat('support', '--model', 'haiku')
    await first.shows(/new thread support[\s\S]*› $/)
    first.type(`hello${ENTER}`)
    await first.shows(/you said: hello[\s\S]*› $/)
    first.type(`please count${ENTER}`)
    await first.shows(/n0 n1 n2/)
    expect(stage.simulator.journal().inFlight).toBe(1)
    // A key holds the answer back until the line is done with.
    first.type(`/interrupt${ENTER}`)
    await first.shows(/\(interrupted\)[\s\S]*› $/)
    const answer = (await ensemble.thread('support').messages())[1]?.text ?? ''
    expect(answer.length).toBeGreaterThan(5)
    expect(NUMBERS.startsWith(answer)).toBe(true)
    expect(NUMBERS.length).toBeGreaterThan(answer.length)
    const shown = first
      .seen()
      .slice(first.seen().indexOf('n0'))
      .replaceAll(/\n› [^\n]*\n|\n/g, '')
    expect(shown.startsWith(answer)).toBe(true)
    first.type(`/len${ENTER}`)
    await first.shows(/\d answered turns?\n[\s\S]*› $/)
    first.type(`/dance${ENTER}`)
    await first.shows(/no command \/dance: \/help lists them/)
    first.type(`//dance${ENTER}`)
    await first.shows(/you said: [\s\S]*\n\/dance\n/)
    first.type(`/cost${ENTER}`)
    await first.shows(/\$0\.\d+ \(simulated: nothing is spent\) · tokens: \d+ in/)
    first.type(`/quit${ENTER}`)
    expect(await first.ended).toBe(0)

    const second = chat('support')
    await second.shows(
      /… 1 turns? before[\s\S]*› please count[\s\S]*\(interrupted\)[\s\S]*› \/dance\nyou said: [\s\S]*\n\/dance\n[\s\S]*› $/,
    )
    second.type(`/clear${ENTER}`)
    await second.shows('cleared')
    second.type(`again${ENTER}`)
    await second.shows(/you said: again\n[\s\S]*› $/)
    second.type(`/len${ENTER}`)
    await second.shows('1 answered turn\n')
    second.type(CTRL_D)
    expect(await second.ended).toBe(0)
  })

  it('what is typed while an answer comes waits for it, a paste is one message, and Ctrl-C twice leaves the answer running', async () => {
    const first = chat('busy')
    await first.shows(/› $/)
    first.type(`count${ENTER}`)
    await first.shows(/n0 n1/)
    first.type(`/steer two${ENTER}`)
    first.type(`three${ENTER}`)
    await first.shows(/\(interrupted\)[\s\S]*› two\n[\s\S]*two\n[\s\S]*› three\nyou said: three[\s\S]*› $/)
    first.type('\u001b[200~line one\nline two\u001b[201~')
    first.type(ENTER)
    await first.shows(/you said: line one\nline two[\s\S]*› $/)
    first.type(`count once more${ENTER}`)
    await first.shows(/n0 n1/)
    first.type(CTRL_C + CTRL_C)
    await first.shows('the answer will be there when you come back')
    expect(await first.ended).toBe(130)
    const sent = (await ensemble.thread('busy').messages()).map((turn) => turn.sent)
    expect(sent).toEqual(['count', 'two', 'three', 'line one\nline two', 'count once more'])
  })

  it('an answer that still runs is shown to one who comes back', async () => {
    const thread = ensemble.thread('running')
    let taken = () => {}
    const running = new Promise<void>((resolve) => {
      taken = resolve
    })
    const reply = thread.send('for ever', { onTurn: taken })
    await running
    const terminal = chat('running')
    await terminal.shows(/› for ever\n\(is being answered/)
    terminal.type(CTRL_C)
    await terminal.shows(/word word[\s\S]*\(interrupted\)[\s\S]*› $/)
    expect((await reply).status).toBe('interrupted')
    terminal.type(CTRL_C)
    expect(await terminal.ended).toBe(0)
  })
})

describe('without a terminal', () => {
  type Ended = { code: number | null; out: string; err: string }
  function piped(args: string[], input: string, began = () => {}): Promise<Ended> {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: stage.home, env: env(), stdio: 'pipe' })
    let [out, err] = ['', '']
    child.stdout.once('data', began).on('data', (chunk) => (out += chunk))
    child.stderr.on('data', (chunk) => (err += chunk))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    return new Promise((done) => child.once('close', (code) => done({ code, out, err })))
  }

  it('each line is a message, and standard output has the answers alone', async () => {
    const lines = 'one\n\ntwo\n/clear\nthree\n/len\n//four\n'
    const { code, out, err } = await piped(['chat', 'pipe', '--system', 'Be brief.'], lines)
    expect(out).toBe('you said: one\nyou said: two\nyou said: three\nyou said: /four\n')
    expect(err).toMatch(/^1 answered turn$/m)
    expect(code).toBe(0)
    const failing = await piped(['chat', '--json', 'pipe'], 'wrong\nfive')
    const [wrong, five] = failing.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(wrong).toMatchObject({ turn: 5, status: 'error', error: { type: 'BadRequest', statusCode: 400 } })
    expect(five).toMatchObject({ turn: 6, status: 'ok', text: 'you said: five' })
    expect(failing.code).toBe(1)
    const other = await piped(['chat', 'pipe', '--system', 'Be verbose.'], 'six\n')
    expect(other).toMatchObject({ code: 2, out: '' })
    expect(other.err).toMatch(/system is "Be brief\.", got "Be verbose\."/)
  })

  it('show, result, list, interrupt and watch know threads', async () => {
    const thread = ensemble.thread('looked-at')
    await thread.send('hello')
    const shown = await piped(['show', 'looked-at'], '')
    expect(shown.out).toMatch(/looked-at {2}waiting[\s\S]*thread · [\s\S]*› hello\nyou said: hello/)
    expect(JSON.parse((await piped(['show', 'looked-at', '--json'], '')).out)).toMatchObject({
      messages: [{ turn: 1, sent: 'hello', text: 'you said: hello' }],
    })
    const result = await piped(['result', 'looked-at'], '')
    expect(result).toMatchObject({ code: 2, err: expect.stringMatching(/is an open thread: .*chat looked-at/) })
    expect((await piped(['list'], '')).out).toMatch(/looked-at +thread +open/)
    const reply = thread.send('count')
    await thread.post('after')
    const interrupted = await piped(['interrupt', 'looked-at'], '')
    expect(interrupted.code).toBe(0)
    expect((await reply).status).toBe('interrupted')
    let began = () => {}
    const begun = new Promise<void>((done) => {
      began = done
    })
    const watching = piped(['watch', 'looked-at'], '', began)
    await begun
    const counting = thread.send('count')
    await thread.post('overtaken')
    await thread.steer('overtaking')
    await counting
    await thread.send('last')
    await thread.close()
    const watched = await watching
    for (const text of ['overtaking', 'overtaken', 'last']) expect(watched.out.split(`› ${text}\n`)).toHaveLength(2)
    expect(watched.out).toMatch(/› last\nyou said: last/)
    expect(watched.err).toMatch(/thread looked-at is closed/)
    expect(watched.code).toBe(0)
    const closed = await piped(['chat', 'looked-at'], 'hello\n')
    expect(closed).toMatchObject({ code: 2, err: expect.stringMatching(/is closed/) })
    expect(JSON.parse((await piped(['result', 'looked-at'], '')).out)).toMatchObject({ status: 'completed', turns: 7 })
  })
})
