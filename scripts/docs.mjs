// `npm run docs`: writes docs/api.md from what the public entries of package.json really export: their declarations as the
// compiler emits them, with the docstrings of the sources. `--check` writes nothing and fails when the page is stale.
// TypeScript 7 has no stable API to read declarations with, so the last TypeScript written in JavaScript does that.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-javascript'
import { declarationOf } from './docs-declaration.mjs'
import { Failed, main } from './run.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'docs', 'api.md')

await main(() => {
  const text = render()
  if (!process.argv.includes('--check')) {
    writeFileSync(page, text)
    return 0
  }
  if (existsSync(page) && readFileSync(page, 'utf8') === text) return 0
  throw new Failed('docs/api.md does not say what the public entries export: run "npm run docs"', 1)
})

function render() {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const paths = Object.entries(exports).flatMap(([path, target]) =>
    target.types ? [{ name: join(name, path), file: target.types.replace('./dist/', '') }] : [],
  )
  const declarations = emit()
  try {
    const files = paths.map(({ file }) => join(declarations, file))
    const sources = paths.map(({ file }) => join(root, 'src', sourceOf(file)))
    const program = ts.createProgram([...files, ...sources], {
      module: ts.ModuleKind.NodeNext,
      strict: true,
      skipLibCheck: true,
      types: ['node'],
      stableTypeOrdering: true, // else an unrelated type turns unions round
    })
    const home = new Map()
    const sections = paths.map((entry, index) => {
      const written = new Map(exportsOf(program, sources[index]).map((symbol) => [symbol.name, symbol]))
      return section({ entry, symbols: exportsOf(program, files[index]), written, home, program })
    })
    return `${opening(paths)}\n${sections.join('\n')}`
  } finally {
    rmSync(declarations, { recursive: true, force: true })
  }
}

/** Below node_modules, so that imports of packages are found from there. */
function emit() {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'ensemble-docs-'))
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  try {
    const args = [tsc, '--emitDeclarationOnly', '--outDir', directory]
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
  } catch {
    rmSync(directory, { recursive: true, force: true })
    throw new Failed('the sources do not compile', 1)
  }
  return directory
}

function exportsOf(program, file) {
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(source))
  // Values first: they are what a program calls.
  const isType = (symbol) => (resolved(checker, symbol).flags & ts.SymbolFlags.Value ? 0 : 1)
  return symbols.sort((a, b) => isType(a) - isType(b) || (a.name < b.name ? -1 : 1))
}

function sourceOf(file) {
  return file.replace(/\.d\.ts$/, '.ts')
}

function resolved(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** `home`: where each declaration was shown first; another entry that exports it too refers to that. */
function section({ entry: { name, file }, symbols, written, home, program }) {
  const checker = program.getTypeChecker()
  const entries = symbols.map((symbol) => {
    const target = resolved(checker, symbol)
    const shown = home.get(target)
    if (shown) return `### ${symbol.name}\n\nAs in [\`${shown}\`](#${anchor(shown)}).\n`
    home.set(target, name)
    const { prose, code } = declarationOf(checker, {
      name: symbol.name,
      symbol: target,
      written: resolved(checker, written.get(symbol.name)),
    })
    return [`### ${symbol.name}`, ...(prose ? [prose] : []), `\`\`\`ts\n${code}\n\`\`\``].join('\n\n').concat('\n')
  })
  return [`## ${name}`, why(file), ...entries].join('\n\n').replaceAll('\n\n\n', '\n\n')
}

/** The words that the source file begins with. */
function why(file) {
  const lines = readFileSync(join(root, 'src', sourceOf(file)), 'utf8').split('\n')
  const end = lines.findIndex((line) => !line.startsWith('// '))
  return lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join('\n')
}

function anchor(name) {
  return name.replaceAll(/[^\w-]/g, '')
}

function opening(paths) {
  const entries = paths.map(({ name }) => `[\`${name}\`](#${anchor(name)})`).join(' · ')
  return `# The library\n\nMade by \`npm run docs\` from the docstrings; do not edit. ${entries}\n`
}
