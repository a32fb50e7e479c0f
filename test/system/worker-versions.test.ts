// A deployment of new code while things run: a run ends on the version it began with, a thread goes on with the newest, and
// new runs begin there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo } from '../../src/client/ensemble.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { inFlight, requestsOf } from '../support/verify.js'

let stage: Stage

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  stage.simulator.setRules([
    { match: { prompt: 'slow ' }, reply: { text: 'done', firstTokenMs: 50, delayMs: 4000 } },
    { reply: { text: 'yes' } },
  ])
})

afterAll(() => stage?.close())

const version = (buildId: string) =>
  stage.addWorker({
    env: { ENSEMBLE_DEPLOYMENT: 'agents', ENSEMBLE_BUILD_ID: buildId, ENSEMBLE_SET_CURRENT: '1' },
  })

/** The build a workflow was last worked on by. */
async function buildOf(id: string): Promise<string | null | undefined> {
  const { raw } = await stage.client.workflow.getHandle(id).describe()
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId
}

describe('workers of a deployment', () => {
  it('keep a run on the version it began with, move threads to the current one and begin new runs there', async () => {
    const { address } = stage.server
    const ensemble = await connectTo({
      ...{ address, namespace: 'default', taskQueue: 'ensemble', storeDir: `${stage.home}/store`, connection: {} },
      onStarted: async () => {},
    })
    try {
      await version('one')
      const thread = ensemble.thread('talk')
      expect((await thread.send('hello')).text).toBe('yes')
      const input = { items: [{ prompt: 'slow 1' }, { prompt: 'slow 2' }], concurrency: 1, confirm: 'never' }
      const pinned = await stage.start('parallel', input)
      await until('the first call in flight', () => inFlight(requestsOf(stage, 'slow')).length === 1)
      expect([await buildOf('talk'), await buildOf(pinned.workflowId)]).toEqual(['one', 'one'])

      await version('two')
      expect((await thread.send('and now?')).text).toBe('yes')
      expect(await buildOf('talk')).toBe('two')
      const later = await stage.start('parallel', { items: [{ prompt: 'quick' }], confirm: 'never' })
      await later.result()
      expect(await buildOf(later.workflowId)).toBe('two')
      expect(await pinned.result()).toMatchObject({ status: 'completed' })
      expect(await buildOf(pinned.workflowId)).toBe('one')
    } finally {
      await ensemble.close()
    }
  })
})
