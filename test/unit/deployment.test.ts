// The files a deployment is made from, checked without a container engine: the compose file against the specification's own
// schema, and everything it and the Dockerfile name against what this repository really has.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DCLinter } from 'dclint'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { COMMANDS } from '../../src/cli/command-list.js'
import { VARIABLES } from '../../src/config/index.js'

const ROOT = join(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')

type Service = {
  image: string
  build?: string
  user?: string
  command?: string[]
  environment?: Record<string, string>
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  volumes?: string[]
  configs?: { source: string; target: string }[]
  ports?: string[]
  restart?: string
  stop_grace_period?: string
  cap_drop?: string[]
}

type Message = { line: number; rule: string; message: string }

type Compose = {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  configs: Record<string, { file: string }>
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const ours = services.filter(([, { build }]) => build !== undefined)

describe('docker-compose.yml', () => {
  it('keeps to the specification, pins its images and binds its ports', () => {
    const rules = {
      'no-unbound-port-interfaces': 2,
      'service-image-require-explicit-tag': 2,
      'no-duplicate-exported-ports': 2,
      'no-version-field': 2,
      ...Object.fromEntries(STYLE.map((name) => [name, 0])),
    }
    const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] })
    // The package's own types are not found by this resolution of modules.
    const [result, ...others]: { messages: Message[] }[] = linter.lintFiles([join(ROOT, 'docker-compose.yml')], false)
    expect(others).toEqual([])
    expect(result?.messages.map(({ line, rule, message }) => `${line} ${rule}: ${message}`)).toEqual([])
  })

  it('is there with the parts a production has', () => {
    expect(services.map(([name]) => name)).toEqual(
      expect.arrayContaining(['postgresql', 'schema', 'temporal', 'namespace', 'ui', 'worker', 'simulator']),
    )
    expect(ours.map(([name]) => name)).toEqual(['worker', 'simulator'])
  })

  it('names a version of every image', () => {
    for (const [name, { image }] of services) expect(image, name).toMatch(/:(\$\{ENSEMBLE_VERSION:-)?\d+\.\d+/)
  })

  it('gives our services only variables that are read', () => {
    for (const [, { environment = {} }] of ours)
      expect(Object.keys(environment).filter((name) => !(VARIABLES as readonly string[]).includes(name))).toEqual([])
    expect(Object.keys(compose.services.worker?.environment ?? {})).toContain('ANTHROPIC_API_KEY')
  })

  it('runs our commands with options they have', async () => {
    for (const [service, { command: [name, ...args] = [] }] of ours) {
      const entry = COMMANDS.find((each) => each.name === name)
      expect(entry, `${service}: ${name}`).toBeDefined()
      const known = (await entry!.load()).command().options.map(({ long }) => long)
      expect(known).toEqual(expect.arrayContaining(args.filter((arg) => arg.startsWith('--'))))
    }
  })

  it('waits only for what is there and can be waited for', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [on, { condition }] of Object.entries(depends_on)) {
        const other = compose.services[on]
        expect(other, `${name} waits for ${on}`).toBeDefined()
        if (condition === 'service_healthy') expect(other?.healthcheck, on).toBeDefined()
        else expect([condition, other?.restart]).toEqual(['service_completed_successfully', 'on-failure:5'])
      }
    }
  })

  it('keeps what must last in volumes it declares, and mounts only files that are there', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((each) => each.split(':')[0]))
    expect([...new Set(mounted)].sort()).toEqual(Object.keys(compose.volumes).sort())
    const configs = services.flatMap(([, service]) => service.configs?.map(({ source }) => source) ?? [])
    expect([...new Set(configs)].sort()).toEqual(Object.keys(compose.configs).sort())
    for (const { file } of Object.values(compose.configs)) expect(existsSync(join(ROOT, file)), file).toBe(true)
  })

  it('listens on loopback alone', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? [])
    expect(ports.length).toBe(2)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
  })

  it('holds no secret: each comes from the environment, which must say it', () => {
    const secrets = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(([name]) => /PASSWORD|PWD|KEY|TOKEN|SECRET/.test(name)),
    )
    expect(secrets.length).toBeGreaterThanOrEqual(4)
    for (const [name, value] of secrets) expect(value, name).toMatch(/^\$\{[A-Z_]+:?\?[^}]+\}$/)
  })

  it('runs nothing as root or with capabilities, and keeps up what must be up', () => {
    for (const [name, service] of services) expect(service.cap_drop, name).toEqual(['ALL'])
    expect(compose.services.postgresql?.user).toBe('postgres')
    const jobs = new Set(['schema', 'namespace'])
    for (const [name, { restart, healthcheck }] of services.filter(([name]) => !jobs.has(name))) {
      expect([name, restart]).toEqual([name, 'unless-stopped'])
      expect(healthcheck, name).toBeDefined()
    }
  })

  it('gives a worker longer to stop than it takes itself', () => {
    const force = Number(/shutdownForceTime: '(\d+)s'/.exec(read('src/workers/worker.ts'))?.[1])
    expect(force).toBeGreaterThan(0)
    expect(Number.parseInt(compose.services.worker?.stop_grace_period ?? '0', 10)).toBeGreaterThan(force)
  })

  it('asks a worker and the simulator for their health where they answer', () => {
    for (const [name, { command = [], healthcheck }] of ours) {
      const port = command[command.findIndex((arg) => arg === '--health-port' || arg === '--port') + 1]
      expect(healthcheck?.test.at(-1), name).toContain(`127.0.0.1:${port}'`)
    }
  })
})

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n')
  const words = (instruction: string) =>
    lines.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.split(/\s+/).slice(1))
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))

  it('copies what is there, and nothing that .dockerignore keeps out', () => {
    const kept = read('.dockerignore').split('\n')
    const own = words('COPY').filter(([first]) => !first?.startsWith('--from='))
    const sources = own.flatMap((args) => args.slice(0, -1))
    expect(sources).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', 'src', 'scripts']))
    for (const source of sources) expect(existsSync(join(ROOT, source)), source).toBe(true)
    expect(kept.filter((line) => line.startsWith('!')).map((line) => line.slice(1))).toEqual(sources)
    expect(kept).toContain('*')
  })

  it('takes only what is made there from the stage before, and leaves development behind', () => {
    const taken = words('COPY').filter(([first]) => first === '--from=build')
    expect(taken.map(([, source]) => source)).toEqual(['/app/package.json', '/app/node_modules', '/app/dist'])
    expect(lines.join('\n')).toContain('npm prune --omit=dev')
  })

  it('runs the program of the package, as a user, on a Node it supports', () => {
    const { bin, engines } = JSON.parse(read('package.json'))
    expect(last).toContain(`ENTRYPOINT ["node", "/app/${bin.ensemble}"]`)
    expect(last).toContain('USER node')
    for (const [image] of words('FROM')) {
      const major = Number(/^node:(\d+)\.\d+\.\d+-/.exec(image ?? '')?.[1])
      expect(major).toBeGreaterThanOrEqual(Number(/\d+/.exec(engines.node)?.[0]))
    }
  })
})

/** Rules about order and quotes: a matter of taste, which a reader's order goes before. */
const STYLE = [
  'no-build-and-image',
  'no-quotes-in-volumes',
  'require-quotes-in-ports',
  'require-project-name-field',
  'service-dependencies-alphabetical-order',
  'service-keys-order',
  'service-ports-alphabetical-order',
  'services-alphabetical-order',
  'top-level-properties-order',
]
