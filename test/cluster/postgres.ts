// A PostgreSQL of its own in a temporary directory, on loopback. It refuses to run as root: then it runs as the user its
// package made.
import { execFileSync } from 'node:child_process'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finish, type Program, start, up } from './processes.js'

export type Postgres = { port: number; user: string; password: string; stop(): Promise<void> }

const USER = 'temporal'

export async function startPostgres(bin: string, port: number, password: string): Promise<Postgres> {
  const directory = await mkdtemp(join(tmpdir(), 'ensemble-postgres-'))
  const as = process.getuid?.() === 0 ? account('postgres') : undefined
  let server: Program | undefined
  const stop = async () => {
    await server?.end('SIGINT') // disconnects its clients and ends
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const secret = join(directory, 'password')
    await writeFile(secret, password, { mode: 0o600 })
    if (as) for (const path of [directory, secret]) await chown(path, as.uid, as.gid)
    const data = join(directory, 'data')
    const cwd = directory
    await finish({
      program: join(bin, 'initdb'),
      args: ['--pgdata', data, '--username', USER, '--auth', 'scram-sha-256', '--pwfile', secret, '--no-instructions'],
      cwd,
      ...(as && { as }),
    })
    const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: directory, max_connections: 100 }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const log = join(directory, 'postgres.log')
    server = start({ program: join(bin, 'postgres'), args: ['-D', data, ...args], cwd, log, ...(as && { as }) })
    const asked = { program: join(bin, 'pg_isready'), args: ['--host', '127.0.0.1', '--port', String(port)], cwd }
    await up('PostgreSQL', server, log, () =>
      finish(asked).then(
        () => true,
        () => false, // it accepts connections before it can use them
      ),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { port, user: USER, password, stop }
}

function account(name: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.once('connect', () => socket.destroy())
  })
}
