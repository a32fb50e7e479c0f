import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'system',
          include: ['test/{workflows,system,replay}/**/*.test.ts'],
          globalSetup: 'test/support/global-setup.ts',
          // Real processes on a small machine: files take turns, and a hook may have to wait for a server.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          // Needs a system package, so `npm test` leaves it out; `npm run test:browser` runs it alone.
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: 'test/support/global-setup.ts',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
