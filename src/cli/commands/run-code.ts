// `ensemble run code`: a task in words and a repository; agents work in trees of their own, the branch gets commits when a
// person says so.
import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ENGINES, type Engine } from '../../contracts/agent.js'
import { adviseOnCode } from '../code-advice.js'
import { UsageError } from '../exit.js'
import { startAndFollow } from '../follow/start-and-follow.js'
import { readJson, taskOf } from '../read-input.js'
import { commonInput, type RunOptions, several, withRunOptions } from '../run-options.js'

type CodeOptions = RunOptions & {
  repo: string
  file?: string
  host?: string
  base?: string
  test?: string | false
  allowDirty?: boolean
  workerModel?: string
  plan?: string
  after?: string
  naming?: string
  hooks?: boolean
  keep?: boolean
  engine?: Engine
  approver?: string[]
  allowUnsandboxed?: boolean
}

export function runCode(): Command {
  return withRunOptions(new Command('code'))
    .description('a plan, agents that work side by side in one repository, one commit of each after your approval')
    .argument('[task]', 'what is to be built; - for standard input')
    .option('--repo <dir>', 'the git repository', '.')
    .option('--file <file>', 'a text file with the task')
    .option('--host <name>', 'the machine that has the repository, as its worker is called')
    .option('--base <branch>', 'the branch that gets the commits (default: the one that is checked out)')
    .option('--test <command>', 'runs the tests (default: looked for)')
    .option('--no-test', 'run no tests')
    .option('--allow-dirty', 'go on with changes that are not committed; no agent sees them')
    .option('--worker-model <name>', 'model of agents for which the plan names none (default: haiku)')
    .option('--plan <file>', 'JSON: your own plan instead of one that a model makes; - for standard input')
    .option('--after <run>', 'go on from an earlier run: its plan, report and commits are told')
    .option('--naming <pattern>', 'how agents are called (default: {model}-{n})')
    .option('--hooks', "the repository's hooks and configuration hold for the commits")
    .option('--keep', 'leave the working trees of the agents where they are')
    .option('--approver <name>', 'who may approve; may be given again', several)
    .addOption(new Option('--engine <name>', 'who runs the agents').choices(ENGINES))
    .option('--allow-unsandboxed', 'commands of agents and the tests may run without a sandbox')
    .option('--detach', 'do not follow the run')
    .action(async (task: string | undefined, options: CodeOptions) => {
      const { id, detach, json } = options
      const text = await taskOf('run code', task, options.file)
      adviseOnCode(text)
      process.exitCode = await startAndFollow({
        workflow: 'code',
        input: { task: text, ...(await inputOf(options)), ...commonInput(options) },
        ...(id !== undefined && { id }),
        ...(detach && { detach }),
        ...(json && { json }),
      })
    })
}

async function inputOf(options: CodeOptions) {
  const { repo, host, base, test, allowDirty, workerModel, plan, after, naming, hooks, keep, engine, approver } =
    options
  const { allowUnsandboxed } = options
  return {
    repo: resolve(repo),
    ...(host !== undefined && { host }),
    ...(base !== undefined && { base }),
    // Commander says true of a `--no-…` that was not given.
    ...((typeof test === 'string' || test === false) && { test }),
    ...(allowDirty && { allowDirty }),
    ...(workerModel !== undefined && { workerModel }),
    ...(plan !== undefined && { plan: await planOf(plan) }),
    ...(after !== undefined && { after }),
    ...(naming !== undefined && { naming }),
    ...(hooks && { hooks }),
    ...(keep && { keep }),
    ...(engine && { engine }),
    ...(approver && { approvers: approver }),
    ...(allowUnsandboxed && { allowUnsandboxed }),
  }
}

async function planOf(source: string) {
  const plan = await readJson(source)
  if (plan !== null && typeof plan === 'object' && 'stages' in plan) return plan as { stages: never[] }
  throw new UsageError(`--plan: got ${JSON.stringify(plan)?.slice(0, 80)}; wanted { "stages": [{ "agents": […] }] }`)
}
