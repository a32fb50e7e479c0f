// What an expert answered, checked: structured output is a promise of the API, and this is where it is held to it.
import { ExpertAnswer, explain } from '../../contracts/schemas/index.js'

/** @throws Error naming what was got when the text is not JSON, or not of the shape */
export function parseExpertAnswer(text: string): ExpertAnswer {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const got = text.trim() === '' ? 'nothing' : JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
    throw new Error(`the expert's answer is not JSON: got ${got}; wanted { "findings": [ … ] }`, { cause: error })
  }
  const answer = ExpertAnswer.safeParse(value)
  if (answer.success) return answer.data
  throw new Error(`the expert's answer has another shape than asked for: ${explain(answer.error, value)}`)
}
