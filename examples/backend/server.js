// Reviews over HTTP: POST /reviews with { "callback": "https://…", "review": { … } } answers 202 with the run's id, and
// the callback gets the report when it is there. A job is a file until its callback was taken: a service that is started
// again starts every job again, which is the same run because it has the same id, and goes on waiting for it.
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionError, connect, InvalidInputError, NoResultError } from 'ensemble'

const { PORT = '8080', JOBS = 'jobs' } = process.env
const ensemble = await connect()
await mkdir(JOBS, { recursive: true })

async function accept(job) {
  const { protocol } = URL.canParse(job?.callback) ? new URL(job.callback) : {}
  if (!/^https?:$/.test(protocol)) throw new InvalidInputError('callback: wanted an http or https URL')
  const id = `review-${randomUUID()}`
  await writeFile(join(JOBS, `${id}.new`), JSON.stringify(job))
  await rename(join(JOBS, `${id}.new`), join(JOBS, id))
  const run = await ensemble.start('review', job.review, { id }).catch(async (error) => {
    await rm(join(JOBS, id))
    throw error
  })
  void finish(run, job)
  return id
}

async function finish(run, { callback }) {
  const body = JSON.stringify({ id: run.id, ...(await resultOf(run)) })
  const headers = { 'content-type': 'application/json' }
  while (!(await fetch(callback, { method: 'POST', headers, body }).catch(() => undefined))?.ok) await sleep(2000)
  await rm(join(JOBS, run.id))
}

async function resultOf(run) {
  try {
    return await run.result({ resolve: true })
  } catch (error) {
    if (error instanceof ConnectionError) return sleep(2000).then(() => resultOf(run))
    if (error instanceof NoResultError) return { status: error.reason, error: error.message }
    return { status: 'failed', error: String(error) }
  }
}

for (const id of (await readdir(JOBS)).filter((name) => !name.endsWith('.new'))) {
  const job = JSON.parse(await readFile(join(JOBS, id), 'utf8'))
  void finish(await ensemble.start('review', job.review, { id }), job)
}
createServer(async (request, response) => {
  const answer = (code, value) =>
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  if (request.method !== 'POST' || request.url !== '/reviews') return answer(404, { error: 'wanted POST /reviews' })
  try {
    answer(202, { id: await accept(JSON.parse(Buffer.concat(await request.toArray()).toString())) })
  } catch (error) {
    answer(error instanceof SyntaxError || error instanceof InvalidInputError ? 400 : 503, { error: error.message })
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}`))
