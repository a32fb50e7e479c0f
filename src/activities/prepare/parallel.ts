// `parallel`: the caller's items with the defaults they share.
import { DEFAULT_MODEL } from '../../agents/models.js'
import { type Item, MAX_ITEMS, ParallelInput } from '../../contracts/schemas/index.js'
import type { Block, StoredCall } from '../call/request.js'
import { InputError } from '../input-error.js'
import { readTextFile } from '../read-text-file.js'
import { type Draft, type DraftCall, toBlocks } from './draft.js'
import { parseInput } from './parse.js'

type Defaults = Omit<Item, 'id'>
const DEFAULT_MAX_TOKENS = 4096
/** Parameters that fields of ours stand for. */
export const OWN_FIELDS = ['model', 'messages', 'system', 'max_tokens', 'stream', 'temperature']

export async function draftParallel(raw: unknown): Promise<Draft> {
  const input = parseInput(ParallelInput, raw)
  const items = input.items ?? (await readItems(input.itemsFile ?? ''))
  if (items.length > MAX_ITEMS)
    throw new InputError(`items: got ${items.length}, wanted at most ${MAX_ITEMS} in one run`)
  const hasShared = input.sharedSystem !== undefined
  if (!hasShared && input.cacheSharedSystem)
    throw new InputError('cacheSharedSystem: there is no sharedSystem to cache')
  const seen = new Set<string>()
  const calls = items.map((item, index): DraftCall => {
    const call = toStoredCall(item, index, input)
    if (seen.has(call.id)) throw new InputError(`items.${index}.id: "${call.id}" is there twice; wanted each id once`)
    seen.add(call.id)
    return hasShared ? { call, shared: 0 } : { call }
  })
  const cache = input.cacheSharedSystem === undefined ? 'auto' : input.cacheSharedSystem ? 'wanted' : 'off'
  return {
    title: calls.length === 1 ? 'one call' : `${calls.length} calls`,
    calls,
    shared: input.sharedSystem === undefined ? [] : [{ blocks: toBlocks(input.sharedSystem), cache }],
    warnings: [],
    settings: input,
    expectedOutput: 1000,
    later: [],
  }
}

function toStoredCall(item: Item, index: number, defaults: Defaults): StoredCall {
  const own = item.messages ? { ...item, prompt: undefined } : item
  const merged = { ...defaults, ...definedOf(own) }
  const where = `items.${index}`
  // An item's own prompt counts before conversation defaults, as its own conversation counts before its prompt.
  const messages = item.messages ?? (item.prompt === undefined ? defaults.messages : undefined)
  if (!messages && merged.prompt === undefined)
    throw new InputError(`${where}.prompt: is missing; wanted prompt or messages`)
  if (typeof merged.prompt === 'string' && merged.prompt.trim() === '' && !messages)
    throw new InputError(`${where}.prompt: is empty; wanted text`)
  for (const name of OWN_FIELDS) {
    if (merged.params && name in merged.params)
      throw new InputError(`${where}.params.${name}: use the item's own field`)
  }
  return {
    id: item.id ?? String(index + 1),
    model: merged.model ?? DEFAULT_MODEL,
    maxTokens: merged.maxTokens ?? DEFAULT_MAX_TOKENS,
    ...(merged.system !== undefined && { system: toBlocks(merged.system) }),
    messages: (messages as StoredCall['messages']) ?? [{ role: 'user', content: merged.prompt as string | Block[] }],
    ...(merged.temperature !== undefined && { temperature: merged.temperature }),
    ...(merged.params && { params: merged.params }),
    ...(merged.output && { output: merged.output }),
    ...(merged.cacheSystem && { cacheSystem: true }),
    ...(merged.cachePrompt && { cachePrompt: true }),
  }
}

function definedOf<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>
}

/** A JSON array of items, or one item a line. */
async function readItems(path: string): Promise<Item[]> {
  const text = await readTextFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`itemsFile: cannot read ${path} on the worker's machine (${error.code ?? error.message})`)
  })
  const parsed = text.trimStart().startsWith('[') ? parseJson(text, path) : text.split('\n').flatMap(parseLine(path))
  const confirm = 'never'
  const { items } = parseInput(ParallelInput, { items: parsed, confirm })
  return items ?? []
}

function parseLine(path: string) {
  return (line: string, index: number): unknown[] =>
    line.trim() === '' ? [] : [parseJson(line, `${path}:${index + 1}`)]
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError(`itemsFile: ${where} is not JSON (${error instanceof Error ? error.message : error})`)
  }
}
