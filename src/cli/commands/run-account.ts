// `ensemble run account`: an account's id; where its tools are stands in `.mcp.json`, or in the examples.
import { Command } from 'commander'
import { loadConfig } from '../../config/index.js'
import { demoServers } from '../demo-servers.js'
import { startAndFollow } from '../follow/start-and-follow.js'
import { commonInput, type RunOptions, several, withRunOptions } from '../run-options.js'

type AccountOptions = RunOptions & {
  demo?: boolean
  crm?: string
  memory?: string
  workerModel?: string
  approver?: string[]
}

export function runAccount(): Command {
  return withRunOptions(new Command('account'))
    .description('an account looked up in a CRM and in what is remembered; recommendations, writes after approval')
    .argument('<account>', 'its id in the CRM')
    .option('--demo', 'with the example servers: a small CRM (accounts ACME, GLOBEX, INITECH) and its history')
    .option('--crm <name>', 'the MCP server with the CRM tools (default: crm)')
    .option('--memory <name>', 'the MCP server with the memory tools (default: memory)')
    .option('--worker-model <name>', 'model of the two that look things up (default: haiku)')
    .option('--approver <name>', 'who may approve its writes; may be given again', several)
    .option('--detach', 'do not follow the run')
    .action(async (account: string, options: AccountOptions) => {
      const { demo, crm, memory, workerModel, approver, id, detach, json } = options
      process.exitCode = await startAndFollow({
        workflow: 'account',
        input: {
          account,
          ...(demo && { mcpServers: demoServers(loadConfig().home) }),
          ...(crm !== undefined && { crm }),
          ...(memory !== undefined && { memory }),
          ...(workerModel !== undefined && { workerModel }),
          ...(approver !== undefined && { approvers: approver }),
          ...commonInput(options),
        },
        ...(id !== undefined && { id }),
        ...(detach && { detach }),
        ...(json && { json }),
      })
    })
}
