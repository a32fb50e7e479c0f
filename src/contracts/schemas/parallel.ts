// `parallel`: items, each one call, with the item fields as defaults for all.
import { z } from 'zod'
import { callFields, Id, TextOrBlocks } from './call.js'
import { common, oneOf } from './common.js'

/** A result stays under Temporal's payload limit with this many items. */
export const MAX_ITEMS = 4000

export const Item = z.strictObject({ id: Id.optional(), ...callFields })
/** One call of `parallel`. Every field but `prompt` (or `messages`) has a default. */
export type Item = z.infer<typeof Item>

export const ParallelInput = z
  .strictObject({
    items: z.array(Item).min(1, 'is empty: wanted at least one item').optional(),
    /** A file on the worker's machine: a JSON array of items, or one item a line. */
    itemsFile: z.string().min(1).optional(),
    /** System text (or blocks) that precedes every item's own. */
    sharedSystem: TextOrBlocks.optional(),
    cacheSharedSystem: z.boolean().optional(),
    ...callFields,
    ...common,
  })
  .superRefine(oneOf('items', 'itemsFile'))
/** `items` or `itemsFile`, and fields of an item as defaults for all. */
export type ParallelInput = z.input<typeof ParallelInput>
