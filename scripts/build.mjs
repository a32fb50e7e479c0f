// Compiles src into dist, removes what earlier builds left there, and bundles the workflow code once, so that a worker
// starts in half a second. Everything or an error.
import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failed, main, must } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

export async function build() {
  const written = compile()
  for (const path of filesIn(dist)) if (!written.has(path)) rmSync(path)
  await must(process.execPath, [join(dist, 'workers', 'bundle.js')], { cwd: root })
  chmodSync(join(dist, 'cli', 'main.js'), 0o755)
}

/** The files the compiler wrote. */
function compile() {
  const require = createRequire(import.meta.url)
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
  let output
  try {
    output = execFileSync(process.execPath, [tsc, '--noEmitOnError', '--listEmittedFiles'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  } catch (error) {
    process.stderr.write(error.stdout ?? '')
    throw new Failed('the sources do not compile', 1)
  }
  const lines = output.split('\n').filter((line) => line.startsWith('TSFILE: '))
  return new Set(lines.map((line) => line.slice('TSFILE: '.length).trim()))
}

const filesIn = (directory) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(build)
