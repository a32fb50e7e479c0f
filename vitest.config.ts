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
    ],
  },
})
