// One place for what each model costs and accepts. Activities price with it, the simulator refuses by it, `ensemble
// models` shows it; workflow code never imports it, so editing a price cannot change a replay. A new model is one line.

/** USD per million tokens. `upTo`: the tier holds for requests of at most this many prompt tokens (whole request). */
export type PriceTier = {
  upTo?: number
  input: number
  output: number
  cacheWrite5m: number
  cacheWrite1h: number
  cacheRead: number
}

export type Model = {
  id: string
  /** Short names people may use instead. */
  aliases: string[]
  /** Ascending by `upTo`; the last has none. */
  prices: PriceTier[]
  contextTokens: number
  maxOutputTokens: number
  /** A prefix shorter than this is silently not cached. */
  minCacheTokens: number
  /** What the API answers with 400 for this model. */
  refuses: Refusal[]
  /** ISO date after which the API no longer serves it. */
  retires?: string
}

/** Request features a model may refuse. `sampling` = temperature, top_p, top_k. */
export type Refusal = 'sampling' | 'prefill' | 'thinking-budget' | 'thinking-disabled' | 'forced-tool'

/** The day the table was last checked against the published prices. */
export const PRICES_OF = '2026-11-20'

export const DEFAULT_MODEL = 'claude-sonnet-5-5'

const tier = (input: number, output: number, cacheWrite5m: number, cacheWrite1h: number, cacheRead: number) => ({
  input,
  output,
  cacheWrite5m,
  cacheWrite1h,
  cacheRead,
})
const large = { contextTokens: 1_000_000, maxOutputTokens: 128_000 }
const small = { contextTokens: 200_000, maxOutputTokens: 64_000 }
const opus = [tier(5, 25, 6.25, 10, 0.5)]
const sampling: Refusal[] = ['sampling']
const modern: Refusal[] = ['sampling', 'prefill', 'thinking-budget']
const newest: Refusal[] = [...modern, 'forced-tool']

export const MODELS: readonly Model[] = [
  {
    id: 'claude-haiku-5-5',
    aliases: ['haiku', 'haiku-5-5'],
    prices: [{ upTo: 100_000, ...tier(0.1, 0.5, 0.125, 0.2, 0.01) }, tier(0.5, 2.5, 0.625, 1, 0.05)],
    ...large,
    minCacheTokens: 512,
    refuses: modern,
  },
  {
    id: 'claude-sonnet-5-5',
    aliases: ['sonnet', 'sonnet-5-5'],
    prices: [tier(2, 10, 2.5, 4, 0.1)],
    ...large,
    minCacheTokens: 512,
    refuses: [...newest, 'thinking-disabled'],
  },
  {
    id: 'claude-opus-5-5',
    aliases: ['opus', 'opus-5-5'],
    prices: [tier(4, 20, 5, 8, 0.2)],
    ...large,
    minCacheTokens: 512,
    refuses: newest,
  },
  {
    id: 'claude-fable-5-1',
    aliases: ['fable', 'fable-5-1'],
    prices: [tier(10, 50, 12.5, 20, 0.25)],
    ...large,
    minCacheTokens: 512,
    refuses: modern,
  },
  { id: 'claude-opus-5', aliases: ['opus-5'], prices: opus, ...large, minCacheTokens: 512, refuses: modern },
  { id: 'claude-opus-4-8', aliases: ['opus-4-8'], prices: opus, ...large, minCacheTokens: 1024, refuses: modern },
  { id: 'claude-opus-4-7', aliases: ['opus-4-7'], prices: opus, ...large, minCacheTokens: 2048, refuses: modern },
  { id: 'claude-opus-4-6', aliases: ['opus-4-6'], prices: opus, ...large, minCacheTokens: 4096, refuses: sampling },
  {
    id: 'claude-sonnet-5',
    aliases: ['sonnet-5'],
    prices: [tier(2, 10, 2.5, 4, 0.2)],
    ...large,
    minCacheTokens: 1024,
    refuses: modern,
  },
  {
    id: 'claude-sonnet-4-6',
    aliases: ['sonnet-4-6'],
    prices: [tier(3, 15, 3.75, 6, 0.3)],
    ...large,
    minCacheTokens: 2048,
    refuses: sampling,
  },
  {
    id: 'claude-haiku-4-5',
    aliases: ['haiku-4-5', 'claude-haiku-4-5-20251001'],
    prices: [tier(1, 5, 1.25, 2, 0.1)],
    ...small,
    minCacheTokens: 4096,
    refuses: sampling,
  },
  {
    id: 'claude-sonnet-4-5',
    aliases: ['sonnet-4-5', 'claude-sonnet-4-5-20250929'],
    prices: [tier(3, 15, 3.75, 6, 0.3)],
    ...small,
    minCacheTokens: 1024,
    refuses: sampling,
    retires: '2026-11-30',
  },
]

/** The model by its id or an alias; undefined when it is not in the table. */
export function findModel(name: string): Model | undefined {
  return MODELS.find((model) => model.id === name || model.aliases.includes(name))
}
