// What every call of a thread is made with, stored once: the model resolved, defaults applied.
import type { Block } from '../call/request.js'

export type StoredSettings = {
  model: string
  maxTokens: number
  system?: Block[]
  temperature?: number
  params?: Record<string, unknown>
  cacheSystem: boolean
  /** The model's, and where condensing begins. */
  contextTokens: number
  condenseAbove: number
}
