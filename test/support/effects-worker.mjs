// A worker with tools of each effect class, that kills itself with SIGKILL at the n-th thing it waits for once an agent is
// at work (ENSEMBLE_TEST_KILL_AT): every access to a run's files, and the moments around each effect.
import { appendFileSync, promises, readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { z } from 'zod'

const { ENSEMBLE_TEST_KILL_AT, ENSEMBLE_TEST_EFFECTS = '' } = process.env
let left = Number(ENSEMBLE_TEST_KILL_AT || Number.POSITIVE_INFINITY)
let running = 0

function point() {
  left -= 1
  if (left > 0) return
  process.send?.({ killedWith: running }, () => {})
  process.kill(process.pid, 'SIGKILL')
}

const isOfARun = (path) => typeof path === 'string' && /\/store\/(roots|blobs|audit)\//.test(path)
for (const name of ['open', 'readFile', 'writeFile', 'rename', 'link', 'unlink', 'readdir', 'mkdir', 'utimes']) {
  const original = promises[name]
  promises[name] = function patched(path, ...rest) {
    if (isOfARun(path)) point()
    return original.call(this, path, ...rest)
  }
}
const handle = await promises.open(import.meta.filename, 'r')
const { sync } = Object.getPrototypeOf(handle)
Object.getPrototypeOf(handle).sync = function patched() {
  point()
  return sync.call(this)
}
await handle.close()
syncBuiltinESMExports()

const { runWorker, tool } = await import('../../dist/worker.js')

const effects = () => readFileSync(ENSEMBLE_TEST_EFFECTS, 'utf8').split('\n')
const schema = z.object({ what: z.string() })
const make = (name, effect, more = {}) =>
  tool({
    name,
    description: `does what it is told, ${effect}`,
    schema,
    permission: 'other',
    effect,
    async run({ input, key }) {
      running += 1
      point()
      // What is idempotent for its key, another side recognises.
      if (effect !== 'idempotent' || !effects().some((line) => line.includes(key)))
        appendFileSync(ENSEMBLE_TEST_EFFECTS, `${name} ${input.what} ${key}\n`)
      point()
      running -= 1
      return `${name} ${input.what}: performed`
    },
    ...more,
  })

await runWorker({
  tools: [
    make('pay', 'unsafe'),
    make('book', 'reconcilable', {
      async check({ input, key }) {
        point()
        return effects().some((line) => line.includes(key)) ? `book ${input.what}: performed before` : undefined
      },
    }),
    make('set', 'idempotent'),
  ],
})
