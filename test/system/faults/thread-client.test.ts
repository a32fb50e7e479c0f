// What a program that talks to a thread lives through: a thousand messages at once (fewer here, all of them in `npm run
// soak`), its own end in the middle of an answer, a worker that is not there.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../../src/client/ensemble.js'
import { openStage, type Stage } from '../../support/stage.js'

const AT_ONCE = process.env.ENSEMBLE_SOAK ? 1000 : 60

let stage: Stage
let ensemble: Ensemble
const another = () =>
  connectTo({
    address: stage.server.address,
    namespace: 'default',
    taskQueue: 'ensemble',
    storeDir: `${stage.home}/store`,
  })
beforeAll(async () => {
  stage = await openStage()
  ensemble = await another()
})
afterAll(async () => {
  await ensemble.close()
  await stage.close()
})
beforeEach(() => {
  stage.simulator.setRules([
    { match: { prompt: 'slowly' }, reply: { text: 'word '.repeat(100), tokensPerSecond: 50 } },
    { reply: { text: 'you said: {prompt}' } },
  ])
  stage.simulator.resetJournal()
})

it('messages sent at once are all answered, each once, in the order of the calls', async () => {
  const thread = ensemble.thread('at-once')
  const numbers = Array.from({ length: AT_ONCE }, (_, at) => at)
  const replies = await Promise.all(numbers.map((at) => thread.send(`message ${at}`)))
  expect(replies.map(({ turn, text }) => [turn, text])).toEqual(
    numbers.map((at) => [at + 1, `you said: message ${at}`]),
  )
  expect(stage.simulator.journal().posts).toBe(AT_ONCE)
  expect(await thread.length()).toBe(AT_ONCE)
})

it('a program that ended before the answer came asks again with the same id and gets it, paid once', async () => {
  const first = await another()
  const gone = new AbortController()
  const asked = first.thread('asked-again').send('slowly', {
    id: 'question',
    signal: gone.signal,
    onText: () => gone.abort(new Error('gone')),
  })
  await expect(asked).rejects.toThrow('gone')
  await first.close()
  expect(stage.simulator.journal()).toMatchObject({ inFlight: 1 })
  let heard = ''
  const reply = await ensemble.thread('asked-again').send('slowly', {
    id: 'question',
    onText: (text, { reset }) => {
      heard = reset ? text : heard + text
    },
  })
  expect(reply).toMatchObject({ turn: 1, status: 'ok', text: 'word '.repeat(100) })
  expect(heard).toBe(reply.text)
  expect(stage.simulator.journal().posts).toBe(1)
})

it('who waits is told that no worker is there, and is answered when one comes', async () => {
  const [worker] = stage.workers
  const thread = ensemble.thread('alone')
  await thread.send('hello')
  await worker?.kill()
  const told: string[] = []
  let tell = () => {}
  const warned = new Promise<void>((resolve) => {
    tell = resolve
  })
  const reply = thread.send('anybody?', {
    onWarning: (message) => {
      told.push(message)
      tell()
    },
  })
  await warned
  await stage.addWorker()
  expect(await reply).toMatchObject({ turn: 2, text: 'you said: anybody?' })
  expect(told[0]).toMatch(/no worker on task queue "ensemble" has answered for 3 s: the message waits/)
})
