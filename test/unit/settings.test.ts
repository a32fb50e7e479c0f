// Settings from files and variables: which one wins, what adds up, and how what is wrong is named.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configured } from '../../src/activities/prepare/configured.js'
import { ConfigError, loadSettings } from '../../src/config/index.js'
import { settingsLines } from '../../src/config/redacted.js'

/** Read by the worker when the server starts. */
const REFERENCE = `\${CRM_HOST}`

let room: string
let cwd: string
let env: Record<string, string | undefined>

beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'ensemble-settings-'))
  cwd = join(room, 'project')
  mkdirSync(cwd)
  mkdirSync(join(room, '.config', 'ensemble'), { recursive: true })
  env = { HOME: room }
})

afterEach(() => rmSync(room, { recursive: true, force: true }))

const write = (path: string, value: unknown) =>
  writeFileSync(join(room, path), typeof value === 'string' ? value : JSON.stringify(value))
const user = (value: unknown) => write('.config/ensemble/config.json', value)
const project = (value: unknown) => write('project/ensemble.config.json', value)
const load = (given: Record<string, string> = {}) => loadSettings({ ...env, ...given }, cwd)

async function refusal(given: Record<string, string> = {}): Promise<string> {
  const error = await load(given).then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ConfigError)
  return (error as Error).message
}

describe('settings', () => {
  it('are safe where nobody said anything', async () => {
    const { settings, sources } = await load()
    expect(settings).toMatchObject({ permissionMode: 'default', approvalForWrites: true, audit: true, maxRetries: 3 })
    expect(settings.sandbox).toEqual({ allowUnsandboxed: false, allowOldBubblewrap: false })
    expect(sources).toEqual({})
  })

  it('of the project weigh more than the user’s, and variables more than both', async () => {
    user({ model: 'haiku', maxRetries: 1, audit: false })
    project({ model: 'sonnet', maxRetries: 2 })
    const { settings, sources } = await load({ ENSEMBLE_MODEL: 'opus' })
    expect(settings).toMatchObject({ model: 'opus', maxRetries: 2, audit: false })
    expect(sources).toEqual({
      model: ['ENSEMBLE_MODEL'],
      maxRetries: ['./ensemble.config.json'],
      audit: ['~/.config/ensemble/config.json'],
    })
  })

  it('a user denies stay denied in every project', async () => {
    user({
      permissions: { deny: ['Bash(rm:*)'] },
      hooks: { session_end: [{ hooks: [{ type: 'command', command: 'a' }] }] },
    })
    project({
      permissions: { allow: ['Read'], deny: ['WebFetch'] },
      hooks: { session_end: [{ hooks: [{ type: 'command', command: 'b' }] }] },
    })
    const { settings } = await load()
    expect(settings.permissions).toMatchObject({ allow: ['Read'], deny: ['Bash(rm:*)', 'WebFetch'] })
    expect(settings.hooks.session_end).toHaveLength(2)
  })

  it('take the servers of .mcp.json, by name', async () => {
    write('project/.mcp.json', { mcpServers: { crm: { command: 'crm' }, mail: { command: 'mail' } }, other: 1 })
    project({ mcpServers: { crm: { type: 'http', url: 'http://127.0.0.1:9/mcp' } } })
    const { settings } = await load()
    expect(settings.mcpServers).toMatchObject({ crm: { type: 'http' }, mail: { command: 'mail', args: [] } })
  })

  it('can be given as words by variables', async () => {
    const { settings } = await load({
      ENSEMBLE_APPROVAL_FOR_WRITES: 'false',
      ENSEMBLE_ALLOW_UNSANDBOXED: '1',
      ENSEMBLE_METRICS_PORT: '9464',
      ENSEMBLE_APPROVERS: 'ada, grace',
      ENSEMBLE_LOG_LEVEL: 'debug',
      ENSEMBLE_HEALTH_PORT: '',
    })
    expect(settings).toMatchObject({ approvalForWrites: false, metricsPort: 9464, approvers: ['ada', 'grace'] })
    expect(settings).toMatchObject({
      sandbox: { allowUnsandboxed: true, allowOldBubblewrap: false },
      logLevel: 'debug',
    })
    expect(settings.healthPort).toBeUndefined()
  })
})

describe('what is wrong with settings', () => {
  it.each([
    [{ permisionMode: 'plan' }, 'got the unknown key "permisionMode"; did you mean permissionMode?'],
    [
      { sandbox: { allowUnsandbox: true } },
      'sandbox: got the unknown key "allowUnsandbox"; did you mean allowUnsandboxed?',
    ],
    [{ colour: 'red' }, 'got the unknown key "colour"; wanted one of'],
    [{ maxRetries: 'three' }, 'maxRetries: got "three"; wanted a value of type number'],
    [{ maxRetries: 1.5 }, 'maxRetries: got 1.5; wanted a whole number'],
    [{ maxRetries: 99 }, 'maxRetries: got 99; wanted at most 20'],
    [{ permissionMode: 'yolo' }, 'got "yolo"; wanted one of default, acceptEdits, plan, bypassPermissions'],
    [{ permissions: { deny: 'Bash' } }, 'permissions.deny: got "Bash"; wanted a value of type array'],
    [{ permissions: { deny: ['Bash('] } }, '"Bash(": is no rule; wanted a tool and perhaps which uses of it'],
    [{ mcpServers: { a__b: { command: 'b' } } }, 'wanted a name without "__"'],
    [{ hooks: { pre_tool: [] } }, 'hooks: got'],
    [{ mcpServers: { crm: { type: 'stdio' } } }, 'mcpServers.crm.command: got nothing; wanted a value of type string'],
    [{ mcpServers: { crm: { type: 'http', url: 'nowhere' } } }, 'mcpServers.crm.url: got "nowhere"; wanted a URL'],
    [{ approvers: [] }, 'approvers: got []; wanted at least 1 entries'],
    [[], 'got []; wanted a value of type object'],
    ['{"model": ', 'got no valid JSON'],
  ])('%j is named with its file', async (given, message) => {
    project(given)
    const said = await refusal()
    expect(said).toContain('./ensemble.config.json: ')
    expect(said).toContain(message)
    expect(said).not.toContain('\n')
  })

  it('is named with its variable', async () => {
    expect(await refusal({ ENSEMBLE_LOG_LEVEL: 'loud' })).toBe(
      'ENSEMBLE_LOG_LEVEL: got "loud"; wanted one of trace, debug, info, warn, error, fatal, silent',
    )
    expect(await refusal({ ENSEMBLE_HEALTH_PORT: '99999' })).toBe(
      'ENSEMBLE_HEALTH_PORT: got 99999; wanted at most 65535',
    )
    expect(await refusal({ ENSEMBLE_TASKQUEUE: 'a' })).toContain('wanted ENSEMBLE_TASK_QUEUE?')
    await expect(load({ ENSEMBLE_OF_SOMEBODY_ELSE: 'a' })).resolves.toBeDefined()
  })

  it('never shows what may be a secret', async () => {
    project({ mcpServers: { crm: { command: 'crm', env: { TOKEN: ['canary-7f'] } } } })
    expect(await refusal()).toContain('mcpServers.crm.env.TOKEN: got something else')
    project({ mcpServers: { crm: { command: 'crm', env: { TOKEN: 'canary-7f' } } } })
    expect(await refusal()).toMatch(/mcpServers.crm.env.TOKEN: got something else; wanted a reference such as /)
    project('{"mcpServers": {"crm": {"env": {"TOKEN": canary-7f}}}}')
    expect(await refusal()).not.toContain('canary')
    project({})
    write('project/.mcp.json', { servers: {} })
    expect(await refusal()).toContain('./.mcp.json: got no "mcpServers"')
  })
})

describe('settings as people are shown them', () => {
  it('say where each came from, and no secret', async () => {
    project({
      model: 'opus',
      mcpServers: {
        crm: { command: 'crm', args: ['--key', 'sk-ant-canary'], env: { NAME: 'canary-1', HOST: REFERENCE } },
        web: {
          type: 'http',
          url: 'https://me:canary-2@example.org/mcp?key=canary-3',
          headers: { 'x-name': 'canary-4' },
        },
      },
    })
    const lines = settingsLines(await load({ ENSEMBLE_MAX_RETRIES: '5' })).join('\n')
    expect(lines).toContain('model = "opus" (./ensemble.config.json)')
    expect(lines).toContain('maxRetries = 5 (ENSEMBLE_MAX_RETRIES)')
    expect(lines).toContain('audit = true (default)')
    expect(lines).toContain('timeoutSeconds: 300, above 16,000 max tokens 900 (default)')
    expect(lines).toContain(`"HOST":"${REFERENCE}"`)
    expect(lines).toContain('https://example.org/mcp')
    expect(lines).not.toContain('canary')
  })
})

describe('an input', () => {
  const settings = { model: 'opus', maxTokens: 100, timeoutSeconds: 10, maxRetries: 1 }

  it('that leaves something open takes it from the settings', () => {
    expect(configured({ prompt: 'a', model: 'haiku' }, settings)).toEqual({ ...settings, prompt: 'a', model: 'haiku' })
    expect(configured('no object', settings)).toBe('no object')
  })

  it('of an agent keeps the agent’s own model', () => {
    expect(configured({ agent: 'fixer' }, settings)).toEqual({ agent: 'fixer', timeoutSeconds: 10, maxRetries: 1 })
  })
})
