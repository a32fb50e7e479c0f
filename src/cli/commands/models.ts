// `ensemble models`: the table the prices and limits come from.
import { Command } from 'commander'
import { MODELS, type Model, PRICES_OF } from '../../local/models.js'
import { EXIT } from '../exit.js'
import { data, json, say } from '../output.js'
import { table } from '../views/table.js'

const NUMBERS = ['in', 'out', 'write 5m', 'write 1h', 'read', 'context', 'answer', 'min cache']

export function command(): Command {
  return new Command('models').option('--json', 'one JSON document').action((options: { json?: boolean }) => {
    if (options.json) json({ pricesOf: PRICES_OF, models: MODELS })
    else {
      const columns = [{ title: 'model' }, { title: 'aliases' }, ...NUMBERS.map((title) => ({ title, right: true }))]
      data(table(columns, MODELS.flatMap(rowsOf)))
      say(`USD per million tokens, checked ${PRICES_OF}`)
    }
    process.exitCode = EXIT.ok
  })
}

/** A row for each price tier; only the first has the model's own facts. */
function rowsOf({ id, aliases, prices, contextTokens, maxOutputTokens, minCacheTokens, retires }: Model): string[][] {
  const facts = [contextTokens, maxOutputTokens, minCacheTokens].map(String)
  return prices.map(({ upTo, input, output, cacheWrite5m, cacheWrite1h, cacheRead }, at) => {
    const figures = [input, output, cacheWrite5m, cacheWrite1h, cacheRead].map(String)
    const condition = upTo === undefined ? '' : ` (prompt up to ${upTo})`
    const name = at === 0 ? `${id}${condition}${retires ? ` (until ${retires})` : ''}` : `  above${condition}`
    return [name, at === 0 ? aliases.join(', ') : '', ...figures, ...(at === 0 ? facts : [])]
  })
}
