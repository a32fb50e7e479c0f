// An approval as it is put to a person: what would be done, for how much, and how to answer from anywhere.
import type { Price } from '../contracts/outcome.js'
import { dollars } from './money.js'

export type Question = { name: string; title: string; digest: string; price?: Price }

/** Plain lines. `command` completes a command of ours. */
export function questionLines(question: Question, id: string, command: (rest: string) => string): string[] {
  return [
    ...askedLines(question),
    `  approve   ${command(`approve ${id}`)}`,
    `  reject    ${command(`reject ${id}`)}`,
    `  revise    ${command(`revise ${id} --input patch.json`)}`,
  ]
}

/** Title, price and digest: exactly what an answer counts for. */
export function askedLines({ title, price, digest }: Omit<Question, 'name'>): string[] {
  return [
    title,
    ...(price ? [`  price     about ${dollars(price.expectedUsd)}, at most ${dollars(price.worstUsd)}`] : []),
    ...(price?.basis ? [`  basis     ${price.basis}`] : []),
    `  digest    ${digest}`,
  ]
}
