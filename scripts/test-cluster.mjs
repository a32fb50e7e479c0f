// `npm run test:cluster`: the topology of docker-compose.yml without containers. PostgreSQL comes from the system, the
// server from its module; what is missing is named, nothing is skipped.
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failed, main } from './run.mjs'
import { serverPrograms } from './server-program.mjs'
import { setUp, temporalProgram } from './setup.mjs'
import { vitest } from './vitest.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Where Debian puts them, apart for each version. */
const DEBIAN = '/usr/lib/postgresql'

await main(async () => {
  const postgres = findPostgres()
  await setUp()
  const programs = { ENSEMBLE_TEST_POSTGRES: postgres, ENSEMBLE_TEST_SERVER: await serverPrograms(root) }
  return vitest(['--project=cluster', ...process.argv.slice(2)], await temporalProgram(), programs)
})

function findPostgres() {
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : []
  const directories = [
    ...(process.env.PATH ?? '').split(delimiter).filter(Boolean),
    ...debian.map((version) => join(DEBIAN, version, 'bin')),
  ]
  const found = directories.find((directory) =>
    ['initdb', 'postgres', 'pg_isready'].every((program) => existsSync(join(directory, program))),
  )
  if (found) return found
  throw new Failed(
    `test:cluster found no initdb and postgres on PATH or under ${DEBIAN}; wanted: the Debian package "postgresql" (scripts/system-packages postgresql installs it)`,
    1,
  )
}
