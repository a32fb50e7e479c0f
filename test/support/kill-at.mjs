// Loaded before a program: kills it with SIGKILL at its n-th step, a step being a call that changes or asks the disk, or
// starts a program. A program is a step twice: before it starts, and while it runs and goes on without its parent.
// ENSEMBLE_TEST_KILL_AT is n; without it the program lives, and the number of its steps is its last line.
import { createRequire, syncBuiltinESMExports } from 'node:module'

const require = createRequire(import.meta.url)
const disk = require('node:fs/promises')
const programs = require('node:child_process')
const STEPS = 'writeFile rename link symlink rm rmdir mkdir mkdtemp copyFile'.split(' ')
const killAt = Number(process.env.ENSEMBLE_TEST_KILL_AT ?? 0)
let steps = 0

function step() {
  steps++
  if (steps === killAt) process.kill(process.pid, 'SIGKILL')
}

for (const name of STEPS) {
  const real = disk[name]
  disk[name] = (...args) => {
    step()
    return real(...args)
  }
}
const { execFile } = programs
programs.execFile = (...args) => {
  step()
  const child = execFile(...args)
  step()
  return child
}
syncBuiltinESMExports()
if (killAt === 0) process.on('exit', () => process.stdout.write(`\n${steps}`))
