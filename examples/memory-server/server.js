// What is remembered of accounts, as an MCP server: node server.js. It only reads.
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'
import { eventsOf, relatedTo } from './history.js'

const answer = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] })
const account_id = z.string().describe('such as ACME')
const annotations = { readOnlyHint: true }

serveStdio(() => {
  const server = new McpServer({ name: 'memory', version: '1.0.0' })
  server.registerTool(
    'search_account_history',
    {
      description: 'Notes about an account that have these words in them; all of its notes without any.',
      inputSchema: z.object({
        account_id,
        query: z.string().default(''),
        limit: z.number().int().min(1).max(100).default(20),
      }),
      annotations,
    },
    async ({ account_id: id, query, limit }) => {
      const words = query.toLowerCase().split(/\s+/).filter(Boolean)
      const fits = ({ text, kind, outcome }) => {
        const said = `${kind} ${text} ${outcome}`.toLowerCase()
        return words.length === 0 || words.some((word) => said.includes(word))
      }
      return answer(eventsOf(id).filter(fits).reverse().slice(0, limit))
    },
  )
  server.registerTool(
    'get_account_timeline',
    {
      description: 'What happened with an account, oldest first.',
      inputSchema: z.object({ account_id, days: z.number().int().min(1).max(3650).default(365) }),
      annotations,
    },
    async ({ account_id: id, days }) => {
      const first = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)
      return answer(eventsOf(id).filter(({ at }) => at >= first))
    },
  )
  server.registerTool(
    'get_related_entities',
    {
      description: 'Sites, products and accounts that have to do with it.',
      inputSchema: z.object({ account_id }),
      annotations,
    },
    async ({ account_id: id }) => answer(relatedTo(id)),
  )
  return server
})
