// The log of a session: appended once whoever repeats it, whole after a crash, and every tampering is found and named.
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { auditPath, findAudits } from '../../../src/audit/files.js'
import { auditLog } from '../../../src/audit/log.js'
import { secretsOf } from '../../../src/audit/redact.js'
import { entriesOf, verifyAudit } from '../../../src/audit/verify.js'
import type { AuditEvent } from '../../../src/contracts/audit.js'
import { fileLocks } from '../../../src/storage/file-lock.js'
import { ownIdentity } from '../../../src/storage/process-identity.js'

const root = { workflowId: 'agent/1', firstRunId: 'r1' }
const session = 'agent/1'
const plain = (text: string) => text

function event(n: number): AuditEvent {
  return { at: `2026-11-21T10:00:${String(n).padStart(2, '0')}.000Z`, agent: 'fixer', type: 'prompt', characters: n }
}
const events = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index))

async function open() {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-audit-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const fresh = () => auditLog({ dir, locked: fileLocks() })
  const log = fresh()
  const path = auditPath(dir, root, session)
  return {
    dir,
    path,
    fresh,
    append: (from: number, to: number, by = log) => by.append({ root, session, from, events: events(from, to) }, plain),
    read: () => readFile(path, 'utf8'),
  }
}

describe('appending', () => {
  it('links every entry to the one before, and tells the head', async () => {
    const { append, read } = await open()
    await append(1, 3)
    const head = await append(4, 5)
    const text = await read()
    expect(head.entries).toBe(5)
    expect(verifyAudit(text, session, [head], true)).toEqual({ ok: true, ...head })
    expect(entriesOf(text).map((entry) => entry.n)).toEqual([1, 2, 3, 4, 5])
    expect(entriesOf(text).map((entry) => 'characters' in entry && entry.characters)).toEqual([1, 2, 3, 4, 5])
  })

  it('again changes nothing, whoever does it and however much of it is there', async () => {
    const { append, read, fresh } = await open()
    const first = await append(1, 3)
    const before = await read()
    expect(await append(1, 3)).toEqual(first)
    expect(await append(1, 3, fresh())).toEqual(first)
    expect(await read()).toBe(before)
    const more = await append(2, 5, fresh())
    expect(more.entries).toBe(5)
    expect(await append(1, 3)).toEqual(first)
    expect((await read()).startsWith(before)).toBe(true)
    expect(await append(6, 5)).toEqual(more)
  })

  it('other content under a number that is taken, or after a gap, is refused and changes nothing', async () => {
    const { append, read, fresh } = await open()
    await append(1, 3)
    const before = await read()
    const other = [event(2), { ...event(3), characters: 99 } as AuditEvent]
    await expect(fresh().append({ root, session, from: 2, events: other }, plain)).rejects.toThrow(
      /another entry number 3/,
    )
    await expect(append(5, 6)).rejects.toThrow(/3 entries: number 4 is missing/)
    expect(await read()).toBe(before)
  })

  it('after a crash in mid-line cuts off the half line, and says so', async () => {
    const { append, read, path, fresh } = await open()
    await append(1, 3)
    const whole = await read()
    await writeFile(path, `${whole}{"n":4,"at":"2026`)
    expect(verifyAudit(await read(), session)).toEqual({ ok: false, entry: 4, reason: 'it is half written' })
    const head = await append(4, 5, fresh())
    const text = await read()
    expect(verifyAudit(text, session, [head], true)).toEqual({ ok: true, ...head })
    expect(entriesOf(text)[3]).toMatchObject({ n: 4, repaired: 17 })
    expect(text.startsWith(whole)).toBe(true)
  })

  it('begins anew when a crash left half of the first line', async () => {
    const { append, read, path, fresh } = await open()
    await append(1, 1)
    await writeFile(path, (await read()).slice(0, 20))
    const head = await append(1, 2, fresh())
    expect(verifyAudit(await read(), session, [head], true)).toEqual({ ok: true, ...head })
  })

  it('by several at the same time is one after the other', async () => {
    const { append, read, fresh } = await open()
    await append(1, 1)
    const heads = await Promise.all([fresh(), fresh(), fresh()].map((log) => append(2, 40, log)))
    expect(new Set(heads.map(({ head }) => head)).size).toBe(1)
    expect(verifyAudit(await read(), session, heads, true)).toMatchObject({ ok: true, entries: 40 })
  })

  it('takes over the lock of a process that died', async () => {
    const { append, path } = await open()
    await append(1, 1)
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
    await new Promise((resolve) => child.once('exit', resolve))
    await writeFile(`${path}.lock`, JSON.stringify({ ...ownIdentity(), pid: child.pid }))
    expect(await append(2, 2)).toMatchObject({ entries: 2 })
    expect((await readdir(join(path, '..'))).filter((name) => name.endsWith('.lock'))).toEqual([])
  })
})

describe('what is kept', () => {
  it('no secret that the worker knows or that looks like one, but that two were the same', async () => {
    const { dir, read } = await open()
    const redact = secretsOf({ CRM_TOKEN: 'tok-4711-abcdef', PLAIN: 'tok', HOME_KEY: '/home/key' }).redact()
    const note = `use tok-4711-abcdef, tok-4711-abcdef or ${Buffer.from('tok-4711-abcdef').toString('base64')}; sk-ant-api03-abcdefghijklmnop; tok; /home/key`
    const approval = { type: 'approval', approval: 'a', digest: 'd', kind: 'reject', by: 'ann', note } as const
    await auditLog({ dir, locked: fileLocks() }).append(
      { root, session, from: 1, events: [{ at: 'now', agent: 'a', ...approval }] },
      redact,
    )
    const text = await read()
    expect(text).not.toContain('4711')
    expect(text).not.toContain('api03')
    expect(text).not.toContain(Buffer.from('tok-4711-abcdef').toString('base64').slice(0, -3))
    const [entry] = entriesOf(text)
    const hashes = Array.from(JSON.stringify(entry).matchAll(/redacted sha256:(\w+)/g), ([, hash]) => hash)
    expect(hashes).toHaveLength(4)
    expect(new Set(hashes).size).toBe(2)
    expect(JSON.stringify(entry)).toContain('; tok; /home/key')
  })

  it('is the same entry for a worker that knows other secrets', async () => {
    const { dir } = await open()
    const ask = (env: Record<string, string>) =>
      auditLog({ dir, locked: fileLocks() }).append(
        {
          root,
          session,
          from: 1,
          events: [{ at: 'now', agent: 'a', type: 'refused', message: 'approve', reason: 'by hunter22222' }],
        },
        secretsOf(env).redact(),
      )
    const first = await ask({ DB_PASSWORD: 'hunter22222' })
    expect(await ask({})).toEqual(first)
  })

  it('of a long text its length and hash', async () => {
    const { dir, read } = await open()
    const events: AuditEvent[] = [
      { at: 'now', agent: 'a', type: 'refused', message: 'approve', reason: 'x'.repeat(5000) },
    ]
    await auditLog({ dir, locked: fileLocks() }).append({ root, session, from: 1, events }, plain)
    expect(entriesOf(await read())[0]).toMatchObject({
      reason: expect.stringMatching(/^\[5000 characters sha256:[0-9a-f]{64}\]$/),
    })
  })
})

describe('verifying names the first bad entry', () => {
  const tampered = async (change: (lines: string[]) => string[]) => {
    const { append, read } = await open()
    const heads = [await append(1, 4), await append(5, 8)]
    const lines = (await read()).split('\n')
    return verifyAudit(change(lines).join('\n'), session, heads, true)
  }

  it('that was edited', async () => {
    expect(await tampered((lines) => lines.map((line) => line.replace('"characters":3', '"characters":33')))).toEqual({
      ok: false,
      entry: 3,
      reason: 'it was edited: its hash is another one',
    })
    expect(await tampered((lines) => lines.with(5, 'nonsense'))).toMatchObject({ ok: false, entry: 5 })
  })

  it('that was taken out, at the beginning, in the middle, at the end', async () => {
    expect(await tampered((lines) => lines.toSpliced(1, 1))).toMatchObject({ ok: false, entry: 1 })
    expect(await tampered((lines) => lines.toSpliced(4, 2))).toMatchObject({ ok: false, entry: 4 })
    expect(await tampered((lines) => lines.toSpliced(7, 2))).toEqual({
      ok: false,
      entry: 7,
      reason: 'it is missing: the run appended 8 entries',
    })
    expect(await tampered((lines) => lines.slice(1))).toMatchObject({ ok: false, entry: 0 })
  })

  it('that stands in another place, or was added', async () => {
    expect(await tampered((lines) => lines.with(2, lines[3] ?? '').with(3, lines[2] ?? ''))).toMatchObject({
      ok: false,
      entry: 2,
    })
    expect(await tampered((lines) => lines.toSpliced(3, 0, lines[3] ?? ''))).toMatchObject({ ok: false, entry: 4 })
  })

  it('of a chain that was made anew, and one that goes on after the end', async () => {
    const { append, read } = await open()
    const head = await append(1, 4)
    const last = await append(5, 8)
    const forged = await open()
    await forged.append(1, 4)
    const other = await auditLog({ dir: forged.dir, locked: fileLocks() }).append(
      { root, session, from: 5, events: events(5, 8).map((one) => ({ ...one, agent: 'other' })) },
      plain,
    )
    const text = await forged.read()
    expect(verifyAudit(text, session, [other], true)).toMatchObject({ ok: true })
    expect(verifyAudit(text, session, [head, last], true)).toMatchObject({ ok: false, entry: 5 })
    await append(9, 9)
    expect(verifyAudit(await read(), session, [last], true)).toMatchObject({ ok: false, entry: 9 })
    expect(verifyAudit(await read(), session, [last])).toMatchObject({ ok: true, entries: 9 })
  })

  it('of another session', async () => {
    const { append, read } = await open()
    await append(1, 2)
    expect(verifyAudit(await read(), 'agent/2')).toMatchObject({ ok: false, entry: 0 })
  })
})

it('a log is found by the id of its run, also when the server has forgotten the run', async () => {
  const { dir, append, path } = await open()
  await append(1, 1)
  const found = await findAudits(dir, 'agent/1')
  expect(found).toMatchObject([{ path, header: { session, root } }])
  expect(await findAudits(dir, 'other')).toEqual([])
})
