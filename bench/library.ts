// What the figures use of the built library, as a program would: its types stay in src, which is compiled elsewhere.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BenchStage } from './stage.js'

type Library = { connect(): Promise<Ensemble> }
export type Ensemble = {
  thread(id: string, options?: object): { send(text: string): Promise<{ text: string }> }
  approvals(): Promise<unknown[]>
  close(): Promise<void>
}

/** Connected to the stage's server, with the store of its workers. */
export async function connectLibrary({ address, home }: BenchStage): Promise<Ensemble> {
  Object.assign(process.env, { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default', ENSEMBLE_HOME: home })
  const { connect } = (await import(pathToFileURL(join(process.cwd(), 'dist/index.js')).href)) as Library
  return connect()
}
