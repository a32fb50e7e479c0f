// `ensemble run agent`: an agent works on a task with its tools. It is followed: a line for each tool, and what needs a
// person is asked here.
import { Command, Option } from 'commander'
import { nameOfAgent } from '../../client/agent-thread.js'
import { newRunId } from '../../client/run-id.js'
import { type AgentChoices, agentInput, withAgentOptions } from '../agent-options.js'
import { startAndFollow } from '../follow/start-and-follow.js'
import { taskOf } from '../read-input.js'
import { whole } from '../run-options.js'

type AgentRun = AgentChoices & {
  file?: string
  id?: string
  model?: string
  maxTokens?: number
  detach?: boolean
  json?: boolean
}

export function runAgent(): Command {
  return withAgentOptions(new Command('agent'))
    .description('an agent with tools works on a task in a directory; asks before what it may not do by itself')
    .argument(
      '<agent>',
      'a built-in agent (coder, fixer, explorer, planner), one of .claude/agents, or a path to its file',
    )
    .argument('[task]', 'the task; - for standard input')
    .option('--file <file>', 'a text file with the task')
    .option('--model <name>', "model or alias, instead of the agent's own (see `ensemble models`)")
    .option('--max-tokens <n>', 'longest answer, in tokens', whole)
    .option('--id <id>', 'id of the run; starting it again with the same input gives the same run')
    .option('--detach', 'do not follow the run')
    .addOption(new Option('--json', 'the result as one JSON document; never asks'))
    .action(async (name: string, task: string | undefined, options: AgentRun) => {
      const { id, detach, json, model, maxTokens, file, workspace = '.', ...choices } = options
      const input = {
        ...(await agentInput(name, { ...choices, workspace })),
        task: await taskOf('run agent', task, file),
        ...(model !== undefined && { model }),
        ...(maxTokens !== undefined && { maxTokens }),
      }
      process.exitCode = await startAndFollow({
        workflow: 'thread',
        input,
        id: id ?? newRunId(nameOfAgent(name)),
        ...(detach && { detach }),
        ...(json && { json }),
      })
    })
}
