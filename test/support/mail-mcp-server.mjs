// A server of two tools: mail that can be read, each box a file of the directory it is given, and mail that can be sent,
// which leaves a file behind.
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const [, , dir] = process.argv
const text = { type: 'string' }
const tools = [
  { name: 'read_mail', description: 'Reads a mailbox', inputSchema: { type: 'object', properties: { box: text } } },
  { name: 'send', description: 'Sends a mail', inputSchema: { type: 'object', properties: { box: text, text } } },
]
const does = {
  read_mail: ({ box }) => readFileSync(join(dir, `${box}.mail`), 'utf8'),
  send({ box, text: sent }) {
    appendFileSync(join(dir, `${box}.sent`), `${sent}\n`)
    return 'sent'
  },
}
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'mail', version: '1' },
  }),
  'tools/list': () => ({ tools }),
  'tools/call': ({ name, arguments: given }) => ({ content: [{ type: 'text', text: does[name](given) }] }),
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  const answer = answers[method]
  if (id === undefined || !answer) return
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: answer(params) })}\n`)
})
