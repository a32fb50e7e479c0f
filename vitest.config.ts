import { defineConfig } from 'vitest/config'

/** Real processes: a hook may have to wait for a server. */
const system = {
  globalSetup: 'test/support/global-setup.ts',
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // Nothing is shared between files but libraries, which take seconds to load.
  isolate: false,
}
/** They measure within a second, or take all the machine has. */
const alone = ['test/workflows/{interruption,fan-out}.test.ts']
const faults = 'test/system/faults/**/*.test.ts'
const code = 'test/system/code/**/*.test.ts'

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          testTimeout: 20_000,
          isolate: false,
        },
      },
      {
        test: {
          ...system,
          name: 'system',
          include: ['test/{workflows,system,replay}/**/*.test.ts'],
          exclude: [...alone, faults, code],
        },
      },
      { test: { ...system, name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 1 } } },
      {
        // Killed processes and servers that are away: mostly waited for, so a command of its own, `npm run test:faults`.
        test: { ...system, name: 'faults', include: [faults], maxWorkers: 3, sequence: { groupOrder: 2 } },
      },
      {
        // Whole coding runs, each of many agents; `npm run test:code`.
        test: { ...system, name: 'code', include: [code], maxWorkers: 3, sequence: { groupOrder: 3 } },
      },
      {
        // Needs a system package, so `npm test` leaves it out; `npm run test:browser` runs it alone.
        test: { ...system, name: 'browser', include: ['test/browser/**/*.test.ts'], fileParallelism: false },
      },
      {
        // Needs a sandbox program; `npm run test:sandbox` runs it alone.
        test: { name: 'sandbox', include: ['test/sandbox/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        // Needs a package of 430 MB; `npm run test:agent-sdk` installs it and runs these alone.
        test: { ...system, name: 'agent-sdk', include: ['test/agent-sdk/**/*.test.ts'], fileParallelism: false },
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
