// The environment as people really have it: variables, profiles, key files in the right and the wrong places.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config/index.js'

const KEY = 'sk-ant-api03-canary'

let room: string
let env: Record<string, string | undefined>

beforeEach(() => {
  room = realpathSync(mkdtempSync(join(tmpdir(), 'ensemble-config-')))
  env = { HOME: join(room, 'user'), XDG_CONFIG_HOME: join(room, 'user', '.config') }
  mkdirSync(join(room, 'user', '.config', 'ensemble'), { recursive: true })
})

afterEach(() => rmSync(room, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(room, name), text)

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

describe('the data directory', () => {
  it('is .ensemble at the nearest package', () => {
    write('package.json', '{}')
    mkdirSync(join(room, 'a', 'b'), { recursive: true })
    expect(loadConfig(env, join(room, 'a', 'b')).home).toBe(join(room, '.ensemble'))
  })

  it('is .ensemble at the nearest git root', () => {
    mkdirSync(join(room, 'repo', 'deep'), { recursive: true })
    mkdirSync(join(room, 'repo', '.git'))
    expect(loadConfig(env, join(room, 'repo', 'deep')).home).toBe(join(room, 'repo', '.ensemble'))
  })

  it('is taken from ENSEMBLE_HOME, relative to the working directory', () => {
    expect(loadConfig({ ...env, ENSEMBLE_HOME: 'elsewhere' }, room).home).toBe(join(room, 'elsewhere'))
  })

  it('is refused when it is a file', () => {
    write('file', '')
    expect(refusal(() => loadConfig({ ...env, ENSEMBLE_HOME: 'file' }, room))).toContain(join(room, 'file'))
  })
})

describe('the task queue', () => {
  it('is "ensemble" unless told', () => {
    expect(loadConfig(env, room).taskQueue).toBe('ensemble')
    expect(loadConfig({ ...env, ENSEMBLE_TASK_QUEUE: 'night-shift' }, room).taskQueue).toBe('night-shift')
  })

  it('is refused with what was got when it cannot be one', () => {
    expect(refusal(() => loadConfig({ ...env, ENSEMBLE_TASK_QUEUE: 'two words' }, room))).toContain('"two words"')
  })
})

describe('the Temporal server', () => {
  it('is not configured by default', () => {
    expect(loadConfig(env, room)).toMatchObject({ namespace: 'default', temporal: undefined })
  })

  it('comes from TEMPORAL_ADDRESS', () => {
    const config = loadConfig({ ...env, TEMPORAL_ADDRESS: 'host:7233', TEMPORAL_NAMESPACE: 'team' }, room)
    expect(config.temporal).toMatchObject({ address: 'host:7233', namespace: 'team', source: 'TEMPORAL_ADDRESS' })
  })

  it('comes from a profile, with TLS as soon as there is an API key', () => {
    write('temporal.toml', '[profile.cloud]\naddress = "cloud:7233"\nnamespace = "ours"\napi_key = "k"\n')
    const config = loadConfig(
      { ...env, TEMPORAL_CONFIG_FILE: join(room, 'temporal.toml'), TEMPORAL_PROFILE: 'cloud' },
      room,
    )
    expect(config.temporal).toMatchObject({
      address: 'cloud:7233',
      namespace: 'ours',
      apiKey: 'k',
      tls: true,
      source: 'profile cloud',
    })
  })

  it('is refused with what was got when it is no host:port', () => {
    expect(refusal(() => loadConfig({ ...env, TEMPORAL_ADDRESS: 'http://host' }, room))).toContain('"http://host"')
  })

  it('is refused when the profile cannot be read', () => {
    write('temporal.toml', 'not toml at all')
    const broken = { ...env, TEMPORAL_CONFIG_FILE: join(room, 'temporal.toml') }
    expect(refusal(() => loadConfig(broken, room))).toContain('the Temporal configuration cannot be used')
  })
})

describe('the model', () => {
  it('is the simulator when there is no key', () => {
    expect(loadConfig(env, room).model).toEqual({})
  })

  it('takes the key of the environment before any file', () => {
    write('ANTHROPIC_API_KEY.txt', 'sk-other')
    const { model } = loadConfig({ ...env, ANTHROPIC_API_KEY: ` ${KEY}\n` }, room)
    expect(model).toEqual({ apiKey: KEY, source: 'ANTHROPIC_API_KEY' })
  })

  it('takes the text file before the JSON file, and the working directory before the user’s', () => {
    write('user/.config/ensemble/ANTHROPIC_API_KEY.txt', 'sk-user\n')
    expect(loadConfig(env, room).model).toEqual({
      apiKey: 'sk-user',
      source: '~/.config/ensemble/ANTHROPIC_API_KEY.txt',
    })
    write('API_CREDENTIALS.json', JSON.stringify({ anthropic_api_key: 'sk-json' }))
    expect(loadConfig(env, room).model).toEqual({ apiKey: 'sk-json', source: './API_CREDENTIALS.json' })
    write('ANTHROPIC_API_KEY.txt', `${KEY}\n`)
    expect(loadConfig(env, room).model).toEqual({ apiKey: KEY, source: './ANTHROPIC_API_KEY.txt' })
  })

  it('takes no key at all when it is to be simulated', () => {
    write('ANTHROPIC_API_KEY.txt', KEY)
    expect(loadConfig({ ...env, ANTHROPIC_API_KEY: KEY, ENSEMBLE_SIMULATED: '1' }, room).model).toEqual({})
  })

  it('refuses a key file that git tracks, and takes it once git ignores it', () => {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: room, stdio: 'ignore' })
    git('init')
    write('ANTHROPIC_API_KEY.txt', KEY)
    expect(loadConfig(env, room).model.apiKey).toBe(KEY)
    git('add', 'ANTHROPIC_API_KEY.txt')
    const message = refusal(() => loadConfig(env, room))
    expect(message).toContain('git tracks this file')
    expect(message).not.toContain(KEY)
    git('rm', '--cached', 'ANTHROPIC_API_KEY.txt')
    expect(loadConfig(env, room).model.apiKey).toBe(KEY)
  })

  it.each([
    ['ANTHROPIC_API_KEY.txt', ' \n', 'is empty'],
    ['ANTHROPIC_API_KEY.txt', `${KEY}\nand more`, 'is no key'],
    ['API_CREDENTIALS.json', `{"anthropic_api_key": ${KEY}}`, 'no valid JSON'],
    ['API_CREDENTIALS.json', `{"other": "${KEY}"}`, 'anthropic_api_key'],
    ['API_CREDENTIALS.json', '{"anthropic_api_key": ""}', 'is empty'],
    ['API_CREDENTIALS.json', 'null', 'anthropic_api_key'],
  ])('refuses %s holding %j without showing the key', (name, text, why) => {
    write(name, text)
    const message = refusal(() => loadConfig(env, room))
    expect(message).toContain(`./${name}`)
    expect(message).toContain(why)
    expect(message).not.toContain(KEY)
  })

  it('refuses a key that is no file', () => {
    mkdirSync(join(room, 'ANTHROPIC_API_KEY.txt'))
    expect(refusal(() => loadConfig(env, room))).toContain('cannot be read')
  })

  it('refuses a base URL that is none', () => {
    expect(loadConfig({ ...env, ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' }, room).model.baseUrl).toBe(
      'http://127.0.0.1:9',
    )
    expect(refusal(() => loadConfig({ ...env, ANTHROPIC_BASE_URL: 'localhost' }, room))).toContain('"localhost"')
  })
})

describe('the version of a worker', () => {
  const deployment = (given: Record<string, string>) => loadConfig({ ...env, ...given }, room).deployment

  it('is none unless told', () => {
    expect(deployment({})).toBeUndefined()
    expect(deployment({ ENSEMBLE_BUILD_ID: '' })).toBeUndefined()
  })

  it('comes from the environment', () => {
    const told = { ENSEMBLE_DEPLOYMENT: 'agents', ENSEMBLE_BUILD_ID: '1.2.0+3f' }
    expect(deployment(told)).toEqual({ name: 'agents', buildId: '1.2.0+3f', setCurrent: false })
  })

  it('is refused when half of it is there, or it means nothing', () => {
    expect(refusal(() => deployment({ ENSEMBLE_DEPLOYMENT: 'agents' }))).toContain('ENSEMBLE_DEPLOYMENT alone')
    expect(refusal(() => deployment({ ENSEMBLE_SET_CURRENT: '1' }))).toContain('ENSEMBLE_SET_CURRENT alone')
    expect(refusal(() => deployment({ ENSEMBLE_DEPLOYMENT: 'a.b', ENSEMBLE_BUILD_ID: '1' }))).toContain('"a.b"')
  })
})
