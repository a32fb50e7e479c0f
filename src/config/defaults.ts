// The settings an activity or a worker sees: everything that was set, and what holds where nobody said anything.
import type { SettingsFile } from './settings-schema.js'

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

type Always =
  | 'permissionMode'
  | 'approvalForWrites'
  | 'audit'
  | 'maxRetries'
  | 'mcpServers'
  | 'hooks'
  | 'permissions'
  | 'logLevel'

export type Settings = Omit<SettingsFile, Always | 'sandbox' | 'webFetch' | '$schema'> & {
  [Key in Always]-?: NonNullable<SettingsFile[Key]>
} & {
  sandbox: { allowUnsandboxed: boolean; allowOldBubblewrap: boolean }
  webFetch: { hosts?: string[]; allowPrivate: boolean; maxBytes: number; timeoutSeconds: number }
}

export const DEFAULTS: Settings = {
  permissionMode: 'default',
  approvalForWrites: true,
  audit: true,
  maxRetries: 3,
  mcpServers: {},
  hooks: {},
  permissions: { allow: [], deny: [], ask: [], expiry: [] },
  sandbox: { allowUnsandboxed: false, allowOldBubblewrap: false },
  webFetch: { allowPrivate: false, maxBytes: 1024 * 1024, timeoutSeconds: 30 },
  logLevel: 'info',
}
