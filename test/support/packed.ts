// An empty project that has this package as strangers get it: packed, with the dependencies it declares and no others.
// They are linked from here instead of downloaded, so it takes two seconds and no network.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type Project = { path: string; remove(): void }

/** @param folders of `examples` that are copied into it. */
export function packedProject(folders: string[]): Project {
  const path = mkdtempSync(join(tmpdir(), 'ensemble-project-'))
  const modules = join(path, 'node_modules')
  mkdirSync(modules)
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', path]
  const tarball = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n').at(-1) ?? ''
  mkdirSync(join(modules, 'ensemble'))
  execFileSync('tar', ['-xzf', join(path, tarball), '--strip-components=1', '-C', join(modules, 'ensemble')])
  const { dependencies } = JSON.parse(readFileSync(join(modules, 'ensemble', 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  writeFileSync(join(path, 'package.json'), '{ "name": "project", "private": true, "type": "module" }')
  for (const folder of folders) cpSync(join(ROOT, 'examples', folder), join(path, folder), { recursive: true })
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
