// Where the Temporal program comes from, with a `go` and a `temporal` that are small scripts: what is tried, in which
// order, and what is never trusted. The SDK's download runs for real and finds no network, because its proxy is refused.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const built = new URL('../../dist/local/index.js', import.meta.url).href
const { findProgram, NoProgramError } = (await import(built)) as typeof import('../../src/local/index.js')

const says = (version: string) => `#!/bin/sh\necho "temporal version 1.5.1 (Server ${version}, UI 2.42.1)"\n`

let room: string
let said: string[]
const say = (line: string) => void said.push(line)
const env = () => ({
  PATH: `${join(room, 'bin')}:/usr/bin:/bin`,
  XDG_CACHE_HOME: join(room, 'cache'),
  HTTPS_PROXY: 'http://127.0.0.1:9',
})
const cached = () => join(room, 'cache', 'ensemble', 'temporal-1.5.1', 'temporal')

beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'ensemble-program-'))
  mkdirSync(join(room, 'bin'))
  said = []
})
afterEach(() => rmSync(room, { recursive: true, force: true }))

function program(name: string, text: string): void {
  writeFileSync(join(room, 'bin', name), text)
  chmodSync(join(room, 'bin', name), 0o755)
}

/** Notes each build in `builds`, takes `seconds`, and leaves a program. */
function goThatBuilds(seconds = 0): void {
  program(
    'go',
    `#!/bin/sh
if [ "$1" = env ]; then echo go1.26.8; exit; fi
echo "$@" >> ${join(room, 'builds')}
sleep ${seconds}
cat > "$GOBIN/temporal" <<'END'
${says('1.29.1')}END
chmod +x "$GOBIN/temporal"
`,
  )
}

const builds = () => readFileSync(join(room, 'builds'), 'utf8').trim().split('\n')

describe('the Temporal program', () => {
  it('is the one on PATH, and then nothing is cached', async () => {
    program('temporal', says('1.30.2'))
    expect(await findProgram(say, env())).toBe(join(room, 'bin', 'temporal'))
    expect(existsSync(join(room, 'cache'))).toBe(false)
  })

  it('is built into the cache when there is none, and taken from there afterwards', async () => {
    goThatBuilds()
    expect(await findProgram(say, env())).toBe(cached())
    expect(said.join('\n')).toContain('Building the Temporal server 1.5.1 with go1.26.8')
    expect(await findProgram(say, env())).toBe(cached())
    expect(builds()).toEqual(['install -ldflags=-s -w github.com/temporalio/cli/cmd/temporal@v1.5.1'])
    expect(readdirSync(dirname(cached())).filter((name) => name === 'draft')).toEqual([])
  })

  it('on PATH is passed over when its server is too old', async () => {
    program('temporal', says('1.28.4'))
    goThatBuilds()
    expect(await findProgram(say, env())).toBe(cached())
  })

  it.each([
    ['half written, but able to run', says('1.29.1')],
    ['half written and unable to run', '\x7fELF'],
  ])('in the cache is replaced when it is %s', async (_, text) => {
    goThatBuilds()
    mkdirSync(dirname(cached()), { recursive: true })
    writeFileSync(cached(), text)
    chmodSync(cached(), 0o755)
    writeFileSync(`${cached()}.bytes`, '250000000')
    expect(await findProgram(say, env())).toBe(cached())
    expect(said[0]).toContain('will be replaced')
    expect(builds()).toHaveLength(1)
    expect(readFileSync(cached(), 'utf8')).toBe(says('1.29.1'))
  })

  it('is built once when two ask for it at the same time', async () => {
    goThatBuilds(1)
    expect(await Promise.all([findProgram(say, env()), findProgram(say, env())])).toEqual([cached(), cached()])
    expect(builds()).toHaveLength(1)
    expect(said.join('\n')).toContain('waiting')
  })

  it('that a build left unfinished is never found', async () => {
    program(
      'go',
      `#!/bin/sh\n[ "$1" = env ] && echo go1.26.8 && exit\necho half > "$GOBIN/temporal"; echo "no space left" >&2; exit 1\n`,
    )
    await expect(findProgram(say, env())).rejects.toThrow('no space left')
    expect(existsSync(cached())).toBe(false)
    goThatBuilds()
    expect(await findProgram(say, env())).toBe(cached())
  })

  it('is missed with one error that lists every way and why it failed', async () => {
    program('temporal', says('1.20.0'))
    program('go', '#!/bin/sh\necho go1.22.1\n')
    const error = await findProgram(say, env()).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(NoProgramError)
    for (const part of ['PATH', '1.20.0', 'cache', 'download', 'go install', 'go1.22.1', '1.25'])
      expect(error.message).toContain(part)
  })
})
