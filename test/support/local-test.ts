// A test of the local room: each has one to itself, so that they can run at once. And what is to be seen in it.
import { Connection } from '@temporalio/client'
import { it as base } from 'vitest'
import { LocalTestRoom, LocalUser } from './local-user.js'

/** Processes of the room. */
export const NOTHING = { server: 0, keeper: 0, worker: 0, simulator: 0 }
export const SERVER = { ...NOTHING, server: 1, keeper: 1 }

type Start = (options?: Parameters<typeof LocalUser.start>[2], home?: string, env?: NodeJS.ProcessEnv) => LocalUser

export const it = base.extend<{ room: LocalTestRoom; user: Start }>({
  room: async ({ onTestFinished }, use) => {
    const room = await LocalTestRoom.open()
    onTestFinished(() => room.close())
    await use(room)
  },
  user: ({ room }, use) =>
    use((options = {}, home = room.home(), env = {}) => LocalUser.start(room, home, options, env)),
})

export async function serves(address: string, namespace = 'default'): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 5_000 })
    try {
      await connection.withDeadline(Date.now() + 5_000, () =>
        connection.workflowService.describeNamespace({ namespace }),
      )
      return true
    } finally {
      await connection.close()
    }
  } catch {
    return false // the caller says what it expects
  }
}
