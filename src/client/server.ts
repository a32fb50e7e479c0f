// One connection to one Temporal server and what is needed to talk about it: everything in this folder takes this as its
// first argument. `store` is where this machine keeps large texts; a run of another machine may name texts it lacks.
import { Client, Connection, type ConnectionOptions } from '@temporalio/client'
import { directoryStore, type Store } from '../storage/store.js'
import { asking } from './errors.js'
import { retries } from './retries.js'

/** `connection`: TLS, API key and so on, beside the address. `storeDir` is made when first written to. */
export type ServerOptions = {
  address: string
  namespace: string
  taskQueue: string
  storeDir: string
  connection?: Omit<ConnectionOptions, 'address'>
  /** Called with the id of every run that is started from here. */
  onStarted?: (id: string) => Promise<void>
}

export type Server = {
  address: string
  namespace: string
  taskQueue: string
  store: Store
  /** Where the store is. */
  storeDir: string
  client: Client
  onStarted: (id: string) => Promise<void>
  /** Names of the namespace's own search attributes; empty where the server does not tell. */
  searchAttributes: () => Promise<Set<string>>
  close: () => Promise<void>
}

/** Throws ConnectionError when nobody answers within 10 s or lets us in. */
export async function openServer(options: ServerOptions): Promise<Server> {
  const { address, namespace, taskQueue, storeDir } = options
  const { interceptors, end } = retries()
  const connection = await asking({ server: address }, () =>
    Connection.connect({ interceptors, ...options.connection, address }),
  )
  const client = new Client({ connection, namespace })
  let known: Promise<Set<string>> | undefined
  return {
    address,
    namespace,
    taskQueue,
    store: directoryStore(storeDir),
    storeDir,
    client,
    onStarted: options.onStarted ?? (async () => {}),
    searchAttributes: () => {
      known ??= registered(connection, namespace)
      return known
    },
    async close() {
      await end()
      await connection.close()
    },
  }
}

/** Many production servers do not let clients ask; a run starts without search attributes then. */
async function registered(connection: Connection, namespace: string): Promise<Set<string>> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
    return new Set(Object.keys(customAttributes))
  } catch (error) {
    if (error instanceof Error && 'code' in error) return new Set()
    throw error
  }
}
