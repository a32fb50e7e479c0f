// For test/replay/record.ts alone, which is run by hand.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['test/replay/record.ts'], globalSetup: 'test/support/global-setup.ts', testTimeout: 120_000 },
})
