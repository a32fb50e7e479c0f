// A worker with a tool that says more than it should: secrets of its environment, in what it gives and in how it fails.
import { z } from 'zod'
import { runWorker, tool } from '../../dist/worker.js'

const { CRM_TOKEN = '', ANTHROPIC_API_KEY = '' } = process.env

await runWorker({
  tools: [
    tool({
      name: 'leak',
      description: 'tells secrets',
      schema: z.object({ how: z.enum(['output', 'error']) }),
      permission: 'read',
      effect: 'read',
      async run({ input: { how } }) {
        const said = `${CRM_TOKEN} and ${ANTHROPIC_API_KEY}, as base64 ${Buffer.from(CRM_TOKEN).toString('base64')}`
        if (how === 'error') throw new Error(`refused for ${said}`)
        return `${said} ${'padding '.repeat(100)}`
      },
    }),
  ],
  hooks: {
    leak: () => ({ hookSpecificOutput: { additionalContext: `the token is ${CRM_TOKEN}` } }),
    fail: () => {
      throw new Error(`no access with ${CRM_TOKEN}`)
    },
  },
})
