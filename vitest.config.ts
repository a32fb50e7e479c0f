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
    const isAlone = ({ project }: TestSpecification) => project.config.maxWorkers === 1
    const isFault = (file: TestSpecification) => !isAlone(file) && file.moduleId.includes('/test/system/faults/')
    const faults = sorted.filter(isFault)
    const others = sorted.filter((file) => !isAlone(file) && !isFault(file))
    const byTurns = others.flatMap((file, index) => [...faults.slice(index, index + 1), file])
    return [...byTurns, ...faults.slice(others.length), ...sorted.filter(isAlone)]
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: ByTurns },
    maxWorkers: 2,
    projects: [
      {
        test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'], testTimeout: 20_000 },
      },
      {
        test: { ...system, name: 'system', include: ['test/{workflows,system,replay}/**/*.test.ts'], exclude: alone },
      },
      { test: { ...system, name: 'alone', include: alone, fileParallelism: false } },
      {
        // Needs a system package, so `npm test` leaves it out; `npm run test:browser` runs it alone.
        test: { ...system, name: 'browser', include: ['test/browser/**/*.test.ts'], fileParallelism: false },
      },
      {
        // Needs Python and a package of its registry; `npm run test:python` runs it alone.
        test: { ...system, name: 'python', include: ['test/python/**/*.test.ts'] },
      },
      {
        test: {
          // Needs PostgreSQL and a built server; `npm run test:cluster` runs it alone.
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: 'test/support/global-setup.ts',
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
