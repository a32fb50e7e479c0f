// Finds the Temporal program once for all test files, the way the product itself does.
import { execFileSync } from 'node:child_process'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    temporalProgram: string
  }
}

export default function setup(project: TestProject): void {
  const program = process.env.ENSEMBLE_TEST_TEMPORAL ?? 'temporal'
  execFileSync(program, ['--version'])
  project.provide('temporalProgram', program)
}
