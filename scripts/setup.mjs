// Makes a clone ready: dependencies installed, sources built, a Temporal server program at hand. Does only what is
// missing, so it costs a moment when nothing is; `npm run demo` and `npm test` begin with it.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { oneAtATime } from './one-at-a-time.mjs'
import { Failed, main, must } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const state = join(root, '.ensemble-setup')
const say = (line) => console.error(line)

/** After it dist is built from the sources as they are. */
export async function setUp() {
  checkNode()
  await oneAtATime(state, async () => {
    if (!isInstalled()) await install()
    const sources = digestOfSources()
    if (!isBuilt(sources)) await build(sources)
  })
}

/** The path of a Temporal program, made in minutes where there is none. */
export async function temporalProgram() {
  const { findProgram, NoProgramError } = await import(pathToFileURL(join(root, 'dist', 'local', 'index.js')).href)
  try {
    return await findProgram(say)
  } catch (error) {
    throw error instanceof NoProgramError ? new Failed(error.message, 4) : error
  }
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const number = (version) => version.match(/\d+/g).map(Number)
  const [major, minor] = number(process.versions.node)
  const [wantedMajor, wantedMinor] = number(engines.node)
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  throw new Failed(`this is Node ${process.versions.node}; wanted ${engines.node}`, 2)
}

/** npm writes what it installed, at the end, into a lock file of its own: that must say what ours says. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  const packages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages
  const present = packages(installed)
  const wanted = Object.entries(packages(join(root, 'package-lock.json'))).filter(([path]) => path !== '')
  return wanted.every(([path, { version, optional }]) => (present[path] ? present[path].version === version : optional))
}

/** Not `npm ci`: that refuses a lock file made on one platform where the registry has optional packages of others. */
async function install() {
  say('Installing the dependencies (npm install)')
  await must('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root })
}

async function build(sources) {
  say('Building')
  await must(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root })
  writeFileSync(join(state, 'built'), sources)
}

const isBuilt = (sources) =>
  ['cli/main.js', 'workflow-bundle.js'].every((name) => existsSync(join(root, 'dist', name))) &&
  existsSync(join(state, 'built')) &&
  readFileSync(join(state, 'built'), 'utf8') === sources

function digestOfSources() {
  const entries = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  const sources = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const others = ['tsconfig.json', 'package-lock.json', 'scripts/build.mjs'].map((name) => join(root, name))
  const digest = createHash('sha256').update(process.versions.node)
  for (const path of [...sources, ...others].sort()) {
    digest
      .update(`${relative(root, path)}\0`)
      .update(readFileSync(path))
      .update('\0')
  }
  return digest.digest('hex')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await setUp()
    say(`Ready; the Temporal program is ${await temporalProgram()}`)
    return 0
  })
}
