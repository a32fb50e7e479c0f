// For test/replay/record*.ts alone, which are run by hand.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/replay/record{,-streams,-code}.ts'],
    globalSetup: 'test/support/global-setup.ts',
    testTimeout: 120_000,
  },
})
