// The CRM itself: a SQLite file, questions about it, and four ways to change it. A write with an idempotency key is done
// once, however often it is asked for.
import { rmdirSync, statSync } from 'node:fs'
import sqlite from 'node-sqlite3-wasm'
import { seeds } from './accounts.js'

const DAY = 86_400_000
/** The file's lock is a directory; one this old belongs to a process that is gone. */
const STALE_LOCK_MS = 10_000

const TABLES = `
  create table users (id text primary key, name text, email text, role text);
  create table accounts (id text primary key, name text, industry text, owner_id text, status text, yearly_usd integer,
    renewal_date text, payment_status text, engagement_score integer, satisfaction_score integer);
  create table contacts (id text primary key, account_id text, name text, email text, role text, last_contact text);
  create table deals (id text primary key, account_id text, name text, stage text, amount_usd integer, close_date text);
  create table activities (id integer primary key, account_id text, at text, kind text, subject text, outcome text);
  create table changes (id integer primary key, account_id text, at text, field text, before text, after text);
  create table done (key text primary key, result text);`

/** @returns the CRM kept in `file`, filled when it is new. */
export function openCrm(file, { accounts = 120, today = new Date() } = {}) {
  dropStaleLock(`${file}.lock`)
  const db = new sqlite.Database(file)
  db.exec('pragma busy_timeout = 5000')
  const day = (before) => new Date(today.getTime() - before * DAY).toISOString().slice(0, 10)
  transaction(db, () => {
    if (!db.get("select name from sqlite_master where name = 'accounts'")) fill(db, seeds(accounts), day)
  })
  return { db, day, close: () => db.close() }
}

export const account = ({ db }, id) =>
  db.get(
    `select accounts.*, users.name as owner, (select max(last_contact) from contacts where account_id = accounts.id)
      as last_contact from accounts left join users on users.id = owner_id where accounts.id = ?`,
    [id],
  )

/** Rows of `table` that belong to an account, newest first where they have a day; `days`: only the last so many. */
export function rowsOf({ db, day }, table, id, days) {
  const dated = table === 'activities' || table === 'changes'
  const order = dated ? 'order by at desc' : 'order by id'
  if (days === undefined) return db.all(`select * from ${table} where account_id = ? ${order}`, [id])
  return db.all(`select * from ${table} where account_id = ? and at >= ? ${order}`, [id, day(days)])
}

export const one = ({ db }, sql, values) => db.get(sql, values)

/** Does `change` once for a key and remembers what came of it. */
export function write({ db }, key, change) {
  return transaction(db, () => {
    const before = key === undefined ? undefined : db.get('select result from done where key = ?', [key])
    if (before) return { ...JSON.parse(before.result), repeated: true }
    const result = change(db)
    if (key !== undefined) db.run('insert into done values (?, ?)', [key, JSON.stringify(result)])
    return result
  })
}

export function noteChange({ db, day }, id, field, before, after) {
  db.run('insert into changes (account_id, at, field, before, after) values (?, ?, ?, ?, ?)', [
    ...[id, day(0), field],
    ...[before ?? null, after ?? null],
  ])
}

function transaction(db, change) {
  db.exec('begin immediate')
  try {
    const result = change()
    db.exec('commit')
    return result
  } catch (error) {
    db.exec('rollback')
    throw error
  }
}

function fill(db, { users, stories }, day) {
  db.exec(TABLES)
  const insert = (table, row) => db.run(`insert into ${table} values (${row.map(() => '?').join(', ')})`, row)
  for (const { id, name, email, role } of users) insert('users', [id, name, email, role])
  for (const { account: row, contacts, deals, activities, changes } of stories) {
    const [id, name, industry, owner, status, yearly, renewal, payment, engagement, satisfaction] = row
    insert('accounts', [id, name, industry, owner, status, yearly, day(-renewal), payment, engagement, satisfaction])
    for (const [at, [who, email, role, since]] of contacts.entries())
      insert('contacts', [`${id}-c${at + 1}`, id, who, email, role, day(since)])
    for (const [at, [what, stage, amount, closes]] of deals.entries())
      insert('deals', [`${id}-d${at + 1}`, id, what, stage, amount, day(-closes)])
    for (const [since, kind, subject, outcome] of activities)
      insert('activities', [null, id, day(since), kind, subject, outcome])
    for (const [since, field, before, after] of changes) insert('changes', [null, id, day(since), field, before, after])
  }
}

function dropStaleLock(lock) {
  const held = statSync(lock, { throwIfNoEntry: false })
  if (held && Date.now() - held.mtimeMs > STALE_LOCK_MS) rmdirSync(lock)
}
