// Our worker, that kills itself with SIGKILL at a step of an activity: a step being a call that changes or syncs the disk
// or starts a program, counted before and, where something was done by it, after. ENSEMBLE_TEST_KILL is JSON: `in`, the
// activity; `at`, which of its steps; `like`, only steps that this regular expression fits. ENSEMBLE_TEST_STEPS names a
// file that every step is written to, and every file that a tool puts in its place.

import programs from 'node:child_process'
import { appendFileSync, promises, readlinkSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { promisify } from 'node:util'
import { Context } from '@temporalio/activity'

const { ENSEMBLE_TEST_KILL = '{}', ENSEMBLE_TEST_STEPS } = process.env
// A worker refuses variables it does not know.
delete process.env.ENSEMBLE_TEST_KILL
delete process.env.ENSEMBLE_TEST_STEPS
const kill = JSON.parse(ENSEMBLE_TEST_KILL)
const like = new RegExp(kill.like ?? '')
let left = kill.at

function activity() {
  try {
    return Context.current().info.activityType
  } catch {
    return undefined // none of an activity's
  }
}

function step(what) {
  const name = activity()
  if (name === undefined) return
  if (ENSEMBLE_TEST_STEPS) appendFileSync(ENSEMBLE_TEST_STEPS, `${JSON.stringify([name, what])}\n`)
  if (name !== kill.in || !like.test(what) || --left > 0) return
  process.kill(process.pid, 'SIGKILL')
}

const whole = (path) => {
  const [, fd, rest] = /^\/proc\/self\/fd\/(\d+)\/(.*)$/.exec(path) ?? []
  return fd === undefined ? path : `${readlinkSync(`/proc/self/fd/${fd}`)}/${rest}`
}

for (const name of ['writeFile', 'rename', 'link', 'symlink', 'rm', 'rmdir', 'mkdir', 'mkdtemp', 'copyFile']) {
  const real = promises[name]
  promises[name] = async (...args) => {
    const path = whole(String(args[name === 'rename' ? 1 : 0]))
    step(`${name} ${path}`)
    const done = await real(...args)
    if (name === 'rename') step(`renamed ${path}`)
    return done
  }
}
const { execFile, spawn } = programs
const patched = (file, args, options, then) => {
  if (typeof then !== 'function') return execFile(file, args, options)
  const what = `${file} ${args.join(' ')}`
  step(what)
  const child = execFile(file, args, options, (...end) => {
    step(`ended: ${what}`)
    then(...end)
  })
  step(`started: ${what}`)
  return child
}
// Elsewhere it is promisified, which is a function of its own.
programs.execFile = Object.assign(patched, { [promisify.custom]: execFile[promisify.custom] })
programs.spawn = (file, args, options) => {
  const child = spawn(file, args, options)
  step(`started: ${file} ${args.join(' ')}`)
  return child
}
const handle = await promises.open(import.meta.filename, 'r')
const proto = Object.getPrototypeOf(handle)
const { sync } = proto
proto.sync = function patched() {
  step('sync')
  return sync.call(this)
}
await handle.close()
syncBuiltinESMExports()

await import('../../dist/workers/main.js')
