// `ensemble schema`: JSON Schema of a workflow's input, for editors and other languages.
import { Command } from 'commander'
import { checkWorkflow, inputSchema } from '../../client/check-input.js'
import { WORKFLOWS } from '../../contracts/names.js'
import { EXIT } from '../exit.js'
import { data } from '../output.js'

export function command(): Command {
  return new Command('schema')
    .argument('<workflow>', WORKFLOWS.join(', '))
    .option('--json', 'JSON (the default)')
    .action(async (name: string) => {
      data(JSON.stringify(await inputSchema(checkWorkflow(name)), null, 2))
      process.exitCode = EXIT.ok
    })
}
