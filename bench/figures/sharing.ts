// One text shared by many: what history and storage hold of it, and how often the cache is written and read.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { print } from '../figure.js'
import type { BenchStage } from '../stage.js'

export async function sharing(stage: BenchStage): Promise<void> {
  await stage.rules([{ reply: { text: 'done' } }])
  const marker = `shared text of the bench ${process.pid}`
  const sharedSystem = `${marker}. ${'All of it is the same for every item. '.repeat(2700)}`.slice(0, 100_000)
  const items = (count: number) => Array.from({ length: count }, (_, index) => ({ prompt: `question ${index}` }))
  const handle = await start(stage, 'sharing', { items: items(100), sharedSystem, confirm: 'never', concurrency: 20 })
  await handle.result()
  const { raw } = await handle.describe()
  const bytes = Number(raw.workflowExecutionInfo?.historySizeBytes ?? Number.NaN)
  print({
    figure: '100 items × one shared 100 kB text: history',
    value: bytes,
    unit: 'bytes',
    wanted: 1_000_000,
    bound: 'most',
  })
  print({
    figure: '100 items × one shared 100 kB text: stored copies',
    value: copies(stage.home, marker),
    unit: 'files',
    wanted: 1,
    bound: 'most',
  })

  await stage.reset()
  const other = `${sharedSystem} again`
  await (
    await start(stage, 'cache', { items: items(20), sharedSystem: other, confirm: 'never', concurrency: 20 })
  ).result()
  const { requests } = await stage.journal()
  const sum = (field: string) => requests.filter((request) => (request.usage?.[field] ?? 0) > 0).length
  print({
    figure: 'cache at concurrency 20: writes',
    value: sum('cache_creation_input_tokens'),
    unit: 'calls',
    wanted: 1,
    bound: 'most',
  })
  print({
    figure: 'cache at concurrency 20: reads',
    value: sum('cache_read_input_tokens'),
    unit: 'calls',
    wanted: 19,
    bound: 'least',
  })
}

function start(stage: BenchStage, name: string, input: unknown) {
  return stage.client.workflow.start('parallel', {
    taskQueue: 'ensemble',
    workflowId: `${name}-${process.pid}`,
    args: [input],
  })
}

/** Files of the store that hold the text. */
function copies(home: string, marker: string): number {
  const files = readdirSync(join(home, 'store'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(home, 'store', name),
  )
  return files.filter((file) => statSync(file).isFile() && readFileSync(file).includes(marker)).length
}
