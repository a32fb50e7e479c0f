// `ensemble ask`: one call as a run of one item, so it is durable, priced and found again like any other.
import { extname } from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../exit.js'
import { startAndFollow } from '../follow/start-and-follow.js'
import { say } from '../output.js'
import { readFileOr, readText, standingInput } from '../read-input.js'
import { commonInput, type RunOptions, several, withRunOptions } from '../run-options.js'

type AskOptions = RunOptions & { system?: string; cacheSystem?: boolean; file?: string[] }
type Block = { type: string; [field: string]: unknown }

const IMAGES: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
}

export function command(): Command {
  return withRunOptions(new Command('ask'))
    .argument('[prompt]', 'the prompt; - or nothing: standard input')
    .option('--system <text>', 'system prompt')
    .option('--cache-system', 'cache the system prompt')
    .option('--file <path>', 'append a file: text, png, jpg, gif, webp, pdf (may be given again)', several)
    .option('--no-stream', 'show the answer when it is there, not while it arrives')
    .option('--detach', 'do not wait for the answer')
    .action(async (prompt: string | undefined, options: AskOptions) => {
      const { system, cacheSystem, id, detach, json } = options
      // A file or a pipe gets exactly the answer, so only a terminal is shown it before its end.
      const arriving = options.stream !== false && !detach && !json && Boolean(process.stdout.isTTY)
      const item = {
        id: 'answer',
        prompt: await fullPrompt(prompt, options.file ?? []),
        ...(system !== undefined && { system }),
        ...(cacheSystem && { cacheSystem }),
      }
      process.exitCode = await startAndFollow({
        workflow: 'parallel',
        input: { items: [item], ...commonInput({ ...options, stream: options.stream === true || arriving }) },
        plainText: true,
        arriving,
        ...(id !== undefined && { id }),
        ...(detach && { detach }),
        ...(json && { json }),
      })
    })
}

async function fullPrompt(given: string | undefined, files: string[]): Promise<string | Block[]> {
  const standing = given === '-' || given === undefined ? await fromInput(given) : await standingInput(say)
  const texts = [given === '-' ? '' : (given ?? ''), standing.trimEnd()]
  const blocks: Block[] = []
  for (const path of files) {
    const block = await mediaBlock(path)
    if (block) blocks.push(block)
    else texts.push(`${path}:\n${await readText(path)}`)
  }
  const text = texts.filter((part) => part !== '').join('\n\n')
  if (text.trim() === '' && blocks.length === 0) throw new UsageError('prompt: got nothing; wanted text')
  if (blocks.length === 0) return text
  return text === '' ? blocks : [...blocks, { type: 'text', text }]
}

/** A terminal with nothing typed is a mistake, not a wait. */
async function fromInput(given: string | undefined): Promise<string> {
  if (given === undefined && process.stdin.isTTY)
    throw new UsageError('prompt: got nothing; wanted text, or - to type it')
  return readText('-')
}

async function mediaBlock(path: string): Promise<Block | undefined> {
  const extension = extname(path).toLowerCase()
  const image = IMAGES[extension]
  if (!image && extension !== '.pdf') return undefined
  const base64 = (await readFileOr(path)).toString('base64')
  const source = { type: 'base64', media_type: image ?? 'application/pdf', data: base64 }
  return { type: image ? 'image' : 'document', source }
}
