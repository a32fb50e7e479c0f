import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Real processes: a hook may have to wait for a server. */
const system = {
  globalSetup: 'test/support/global-setup.ts',
  testTimeout: 120_000,
  hookTimeout: 120_000,
}
/** They measure within a second, or take all the machine has. */
const alone = ['test/workflows/{interruption,fan-out}.test.ts']

/** Faults are mostly waited for, other files mostly work: by turns, so that one of each kind runs at a time. */
class ByTurns extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const waiting = sorted.filter(({ moduleId }) => moduleId.includes('/test/system/faults/'))
    const working = sorted.filter((file) => !waiting.includes(file))
    return working
      .flatMap((file, index) => [...waiting.slice(index, index + 1), file])
      .concat(waiting.slice(working.length))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: ByTurns },
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          ...system,
          name: 'system',
          include: ['test/{workflows,system,replay}/**/*.test.ts'],
          exclude: alone,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...system, name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 2 } } },
      {
        test: {
          ...system,
          // Needs a system package, so `npm test` leaves it out; `npm run test:browser` runs it alone.
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
