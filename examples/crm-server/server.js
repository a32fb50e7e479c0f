// A small CRM as an MCP server: node server.js --db crm.sqlite. Eight tools read, four write; what each is, it says in its
// annotations.
import { parseArgs } from 'node:util'
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'
import { account, noteChange, one, openCrm, rowsOf, write } from './crm.js'

const { values } = parseArgs({
  options: { db: { type: 'string', default: 'crm.sqlite' }, accounts: { type: 'string' } },
})
const crm = openCrm(values.db, values.accounts === undefined ? {} : { accounts: Number(values.accounts) })

const answer = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] })
const failure = (text) => ({ content: [{ type: 'text', text }], isError: true })
const accountId = z.string().describe('such as ACME')
const days = (usual) => z.number().int().min(1).max(365).default(usual).describe('how far to look back')
const key = z.string().optional().describe('the same key again: done once')

function tools() {
  const server = new McpServer({ name: 'crm', version: '1.0.0' })
  const add = (name, description, input, annotations, run) =>
    server.registerTool(name, { description, inputSchema: z.object(input), annotations }, async (args) => run(args))
  const reads = (name, description, input, run) => add(name, description, input, { readOnlyHint: true }, run)
  const writes = (name, description, input, hint, run) =>
    add(name, description, { ...input, idempotency_key: key }, { readOnlyHint: false, ...hint }, run)

  reads('get_account', 'An account: owner, value, renewal, payment, scores.', { account_id: accountId }, (args) => {
    const found = account(crm, args.account_id)
    return found ? answer(found) : failure(`no account is called ${args.account_id}`)
  })
  reads('list_contacts', 'The contacts of an account.', { account_id: accountId }, (args) =>
    answer(rowsOf(crm, 'contacts', args.account_id)),
  )
  reads('get_contact_by_email', 'One contact, by its address.', { email: z.string() }, ({ email }) => {
    const found = one(crm, 'select * from contacts where email = ?', [email])
    return found ? answer(found) : failure(`no contact has the address ${email}`)
  })
  reads('get_deal_by_name', 'One deal, by its name.', { name: z.string() }, ({ name }) => {
    const found = one(crm, 'select * from deals where name = ?', [name])
    return found ? answer(found) : failure(`no deal is called ${name}`)
  })
  reads('list_open_deals', 'Deals of an account that are not closed.', { account_id: accountId }, (args) =>
    answer(rowsOf(crm, 'deals', args.account_id).filter(({ stage }) => !stage.startsWith('closed'))),
  )
  reads(
    'list_activities',
    'Calls, mails, meetings and tickets, newest first.',
    { account_id: accountId, days: days(90) },
    (args) => answer(rowsOf(crm, 'activities', args.account_id, args.days)),
  )
  reads('list_changes', 'Fields that changed.', { account_id: accountId, days: days(30) }, (args) =>
    answer(rowsOf(crm, 'changes', args.account_id, args.days)),
  )
  reads('get_user_info', 'Who an owner of ours is.', { user_id: z.string() }, ({ user_id }) => {
    const found = one(crm, 'select * from users where id = ?', [user_id])
    return found ? answer(found) : failure(`no user is called ${user_id}`)
  })

  writes(
    'create_contact',
    'Adds a contact to an account.',
    { account_id: accountId, name: z.string().min(1), email: z.string(), role: z.string().optional() },
    { destructiveHint: false },
    ({ account_id, name, email, role, idempotency_key }) =>
      answer(
        write(crm, idempotency_key, (db) => {
          const { count } = db.get('select count(*) as count from contacts where account_id = ?', [account_id])
          const id = `${account_id}-c${Number(count) + 1}`
          db.run('insert into contacts values (?, ?, ?, ?, ?, null)', [id, account_id, name, email, role ?? null])
          noteChange(crm, account_id, 'contact', null, name)
          return { id }
        }),
      ),
  )
  writes(
    'update_contact',
    'Changes fields of a contact.',
    { contact_id: z.string(), email: z.string().optional(), role: z.string().optional(), name: z.string().optional() },
    { destructiveHint: true },
    ({ contact_id, idempotency_key, ...fields }) => {
      const before = one(crm, 'select * from contacts where id = ?', [contact_id])
      if (!before) return failure(`no contact is called ${contact_id}`)
      return answer(
        write(crm, idempotency_key, (db) => {
          for (const [field, value] of Object.entries(fields)) {
            db.run(`update contacts set ${field} = ? where id = ?`, [value, contact_id])
            noteChange(crm, before.account_id, `contact ${contact_id} ${field}`, before[field], value)
          }
          return { id: contact_id, changed: Object.keys(fields) }
        }),
      )
    },
  )
  writes(
    'create_deal',
    'Adds a deal to an account.',
    {
      account_id: accountId,
      name: z.string().min(1),
      amount_usd: z.number().min(0),
      stage: z.string().default('qualified'),
      close_date: z.string().optional(),
    },
    { destructiveHint: false },
    ({ account_id, name, amount_usd, stage, close_date, idempotency_key }) =>
      answer(
        write(crm, idempotency_key, (db) => {
          const { count } = db.get('select count(*) as count from deals where account_id = ?', [account_id])
          const id = `${account_id}-d${Number(count) + 1}`
          db.run('insert into deals values (?, ?, ?, ?, ?, ?)', [
            ...[id, account_id, name],
            ...[stage, amount_usd, close_date ?? null],
          ])
          noteChange(crm, account_id, 'deal', null, name)
          return { id }
        }),
      ),
  )
  writes(
    'delete_account',
    'Deletes an account and all about it.',
    { account_id: accountId },
    { destructiveHint: true },
    (args) =>
      answer(
        write(crm, args.idempotency_key, (db) => {
          for (const table of ['contacts', 'deals', 'activities', 'changes'])
            db.run(`delete from ${table} where account_id = ?`, [args.account_id])
          return { deleted: db.run('delete from accounts where id = ?', [args.account_id]).changes }
        }),
      ),
  )
  return server
}

process.once('exit', () => crm.close())
process.once('SIGTERM', () => process.exit(0))
serveStdio(tools)
