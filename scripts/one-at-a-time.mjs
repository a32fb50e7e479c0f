// Two commands in one clone must not install or build at the same time. The lock is a file named by a number; the
// highest counts. Of several who find its owner dead only one can make the next number.
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const WAIT_MS = 200

/** Runs `work` while no other process runs one with the same directory. */
export async function oneAtATime(directory, work) {
  mkdirSync(directory, { recursive: true })
  const path = await take(directory)
  try {
    return await work()
  } finally {
    writeFileSync(path, '0') // stays, so that its number is not used again
  }
}

async function take(directory) {
  for (let tries = 0; ; tries++) {
    const newest = numbers(directory)[0] ?? 0
    const owner = ownerOf(directory, newest)
    if (owner === 0) {
      const path = make(directory, newest + 1)
      if (path) return path
    } else if (tries === 5) {
      console.error(`Waiting for the set-up that process ${owner} does (${join(directory, `lock.${newest}`)})`)
    }
    await sleep(WAIT_MS)
  }
}

const numbers = (directory) =>
  readdirSync(directory)
    .flatMap((name) => (/^lock\.\d+$/.test(name) ? [Number(name.slice(5))] : []))
    .sort((a, b) => b - a)

/** 0: nobody, or somebody dead. */
function ownerOf(directory, number) {
  if (number === 0) return 0
  let pid
  try {
    pid = Number(readFileSync(join(directory, `lock.${number}`), 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return 0
    throw error
  }
  try {
    if (pid > 0) process.kill(pid, 0)
    return pid
  } catch (error) {
    return error.code === 'EPERM' ? pid : 0
  }
}

/** undefined when another process was first. */
function make(directory, number) {
  const path = join(directory, `lock.${number}`)
  const draft = join(directory, `draft.${process.pid}`)
  writeFileSync(draft, String(process.pid))
  try {
    linkSync(draft, path)
  } catch (error) {
    if (error.code === 'EEXIST') return undefined
    throw error
  } finally {
    rmSync(draft)
  }
  const [highest, ...lower] = numbers(directory)
  if (highest !== number) {
    rmSync(path)
    return undefined
  }
  for (const each of lower) rmSync(join(directory, `lock.${each}`), { force: true })
  return path
}
