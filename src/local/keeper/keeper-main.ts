// The keeper as a process. It tells its starter over IPC that it listens, and then that channel is closed: the keeper
// outlives the process that happened to start it.
import { keep } from './keeper.js'
import { HELD } from './keeper-protocol.js'
import { tryLock } from './lock.js'

const home = process.argv[2]!
const lock = tryLock(home, 'keeper.lock')
if (!lock) process.exit(HELD)
await keep(home, lock)
process.send?.({ ready: true })
